// The playground: asks the service about the patient that this page keeps, and shows its answer.

import { readLink, writeLink } from "./link.js";
import { PastedRequest, PatientRecord } from "./subject.js";

const $ = (id) => document.getElementById(id);
const texts = $("texts").dataset;
const keys = JSON.parse(texts.keys);
const settings = $("settings");
const language = document.documentElement.lang;
const slider = $("slider");
const on = slider.dataset.on;

const state = {
  patient: $("patient")?.value ?? "",
  day: $("day").value,
  hook: chosenHook(),
  steps: [],
};
/** What the patient was before the first step. */
let beginning = null;
let subject = null;
let answer = null;
let asking = null;

function chosenHook() {
  return settings.querySelector("input[name=hook]:checked")?.value ?? "patient-view";
}

// Days as numbers, without a clock or a zone.
const DAY = 86_400_000;
const days = (day) => Date.parse(`${day}T00:00:00Z`) / DAY;
const dayOf = (number) => new Date(number * DAY).toISOString().slice(0, 10);

function monthsFrom(day, months) {
  const [year, month, date] = day.split("-").map(Number);
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(date, last)))
    .toISOString()
    .slice(0, 10);
}

async function fetchJson(url, options) {
  const response = await fetch(url, options);
  const body = await response.json();
  if (!response.ok) throw new Refused(body);
  return body;
}

/** What the service refused, and why: an OperationOutcome. */
class Refused extends Error {
  constructor(outcome) {
    super(texts.refused);
    this.issues = (outcome?.issue ?? []).map((issue) => {
      const place = issue.expression?.[0];
      const text = issue.details?.text ?? issue.code ?? "";
      return place ? `${place}: ${text}` : text;
    });
  }
}

function showFault(title, lines = []) {
  const fault = $("fault");
  fault.replaceChildren();
  fault.hidden = !title;
  if (!title) return;
  const strong = document.createElement("strong");
  strong.textContent = title;
  const list = document.createElement("ul");
  for (const line of lines) {
    const item = document.createElement("li");
    item.textContent = line;
    list.append(item);
  }
  fault.append(strong, list);
}

/** Asks; the answer to an older question is dropped. */
async function ask() {
  asking?.abort();
  const controller = new AbortController();
  asking = controller;
  try {
    const found = await fetchJson("/playground/evaluate", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(subject.question({ ...state, language })),
      signal: controller.signal,
    });
    if (controller.signal.aborted) return null;
    showFault(null);
    return found;
  } catch (error) {
    if (controller.signal.aborted) return null;
    $("result").replaceChildren();
    if (error instanceof Refused) showFault(texts.refused, error.issues);
    else showFault(texts.noAnswer);
    return null;
  }
}

async function show({ focus = false } = {}) {
  const found = await ask();
  showSteps();
  showDrafts();
  showLink();
  if (!found) return;
  answer = found;
  const open = [...document.querySelectorAll("#result details[data-keep][open]")].map(
    (details) => details.dataset.keep,
  );
  // Written by the service, which escapes whatever the record holds.
  $("result").innerHTML = found.html;
  for (const name of open) {
    document.querySelector(`#result details[data-keep="${name}"]`)?.setAttribute("open", "");
  }
  $("announcement").textContent = found.announcement;
  const pretty = (value) => JSON.stringify(value, null, 2);
  $("request").textContent = pretty(found.request);
  $("response").textContent = pretty(found.response);
  $("assessment").textContent = pretty(found.assessment);
  document.body.dataset.shown = String(Number(document.body.dataset.shown ?? 0) + 1);
  if (focus) $("conclusion-title")?.focus();
}

function showSteps() {
  const list = $("steps");
  list.replaceChildren(
    ...state.steps.map((step) => {
      const item = document.createElement("li");
      item.textContent = `${step.day}: ${texts[step.what]} – ${step.label}`;
      return item;
    }),
  );
  $("no-steps").hidden = state.steps.length > 0;
}

function showDrafts() {
  const drafts = subject.drafts();
  $("drafts-panel").hidden = drafts.length === 0;
  $("drafts").replaceChildren(
    ...drafts.map((draft) => {
      const item = document.createElement("li");
      const name = `${draft.resourceType}/${draft.id}`;
      const label = draftLabel(draft);
      const text = document.createElement("span");
      text.textContent = `${label} `;
      item.append(text);
      for (const [what, word] of [
        ["signed", texts.sign],
        ["removed", texts.remove],
      ]) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = word;
        button.setAttribute("aria-label", `${word}: ${label}`);
        button.addEventListener("click", () => step(what, name));
        item.append(button, " ");
      }
      return item;
    }),
  );
}

function draftLabel(draft) {
  const concept = draft.medicationCodeableConcept ?? draft.code ?? {};
  return concept.text ?? concept.coding?.[0]?.display ?? draft.resourceType ?? "";
}

function linkState() {
  return { ...state, on, language };
}

function showLink() {
  const linkable = state.patient !== "";
  $("link").hidden = !linkable;
  $("no-link").hidden = linkable;
  const href = writeLink(location.href, linkState());
  if (linkable) {
    $("link").href = href;
    history.replaceState(null, "", href);
  }
  for (const other of document.querySelectorAll("a[data-language]")) {
    other.href = writeLink(location.href, { ...linkState(), language: other.dataset.language });
  }
}

/** Does one step; false when there is nothing to do it on. */
function perform(what, name) {
  const { day, hook } = state;
  if (what === "accepted") {
    const suggestion = cards()
      .flatMap((card) => card.suggestions ?? [])
      .find((known) => known.uuid === name);
    if (!suggestion) return false;
    subject.accept(suggestion.actions);
    state.steps.push({ day, hook, what, on: name, label: suggestion.label });
    return true;
  }
  if (!subject.has(name)) return false;
  const draft = subject.drafts().find((known) => `${known.resourceType}/${known.id}` === name);
  const label = draftLabel(draft);
  if (what === "signed") subject.sign(name, day);
  else if (what === "removed") subject.remove(name);
  else return false;
  state.steps.push({ day, hook, what, on: name, label });
  return true;
}

async function step(what, name) {
  const card = cards().find((known) => known.suggestions?.some(({ uuid }) => uuid === name));
  const { feedback } = answer ?? {};
  if (!perform(what, name)) return;
  if (what === "accepted" && card) {
    const told = await tell(feedback, {
      card: card.uuid,
      outcome: "accepted",
      acceptedSuggestions: [{ id: name }],
    });
    if (told !== null) showTold($("told"), told);
  }
  await show({ focus: true });
}

const cards = () => answer?.response.cards ?? [];

/**
 * Tells the service what was done with a card, as an EHR does. Whether it was kept; null where the page
 * sends no feedback.
 */
async function tell(address, entry) {
  if (!address) return null;
  const body = { feedback: [{ ...entry, outcomeTimestamp: new Date().toISOString() }] };
  let said = texts.noAnswer;
  let kept = false;
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    kept = response.ok;
    said = `${response.status} ${response.statusText}\n${await response.text()}`.trim();
  } catch {
    // Said below.
  }
  $("feedback").textContent = `POST ${address}\n\n${JSON.stringify(body, null, 2)}\n\n${said}`;
  return kept;
}

/** Says whether feedback was kept, and where it is counted. */
function showTold(place, kept) {
  place.replaceChildren(kept ? texts.feedbackSent : texts.feedbackFailed);
  if (kept) {
    const link = document.createElement("a");
    link.href = `/report?lang=${language}`;
    link.textContent = texts.seeReport;
    place.append(" ", link);
  }
  place.hidden = false;
}

/** Begins with a patient or with what was pasted, before the first step. */
function begin(makeSubject) {
  beginning = makeSubject;
  subject = beginning();
  answer = null;
  state.steps = [];
  if ($("told")) $("told").hidden = true;
}

async function beginWithPatient(id) {
  const query = new URLSearchParams({ on, lang: language });
  const record = await fetchJson(`/playground/records/${encodeURIComponent(id)}?${query}`);
  state.patient = id;
  begin(() => new PatientRecord(record));
  if ($("story")) $("story").textContent = record.story;
}

function setDay(day) {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return;
  state.day = day;
  $("day").value = day;
  slider.value = String(days(day) - days(on));
  slider.setAttribute("aria-valuetext", day);
}

function setHook(hook) {
  state.hook = hook;
  for (const radio of settings.querySelectorAll("input[name=hook]")) {
    radio.checked = radio.value === hook;
  }
}

/** Repeats the steps of a link, each on its day. */
async function replay(steps, { day, hook }) {
  for (const { day: stepDay, hook: stepHook, what, on: name } of steps) {
    setDay(stepDay);
    setHook(stepHook);
    answer = await ask();
    if (!perform(what, name)) {
      await show();
      showFault(texts.brokenStep);
      return;
    }
  }
  setDay(day);
  setHook(hook);
  await show();
}

function usePasted() {
  let value;
  try {
    value = JSON.parse($("pasted").value);
  } catch {
    showFault(texts.notJson);
    return;
  }
  let make;
  if (value?.resourceType === "Bundle") {
    make = () => new PatientRecord(record(value));
  } else if (typeof value?.hook === "string") {
    make = () => new PastedRequest(value, keys);
    setHook(value.hook);
  } else {
    showFault(texts.neither);
    return;
  }
  state.patient = "";
  if ($("patient")) $("patient").value = "";
  if ($("story")) $("story").textContent = "";
  begin(make);
  show({ focus: true });
}

/** The record of a Bundle; one that is not whole counts as not searched. */
function record(bundle) {
  const entries = Array.isArray(bundle.entry) ? bundle.entry : [];
  const resources = entries.map((entry) => entry?.resource).filter(Boolean);
  const failed = resources.some(
    (resource) =>
      resource.resourceType === "OperationOutcome" &&
      (resource.issue ?? []).some(({ severity }) => severity === "error" || severity === "fatal"),
  );
  const more = (bundle.link ?? []).some((link) => link?.relation === "next");
  const notSearched = failed || more ? Object.keys(keys["patient-view"] ?? {}) : [];
  return { resources, notSearched, draft: JSON.parse(texts.draft) };
}

// While a slider is dragged, only the day on which it rests for a moment is asked for.
let waiting = 0;
function showSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(() => show(), 90);
}

slider.addEventListener("input", () => {
  setDay(dayOf(days(on) + Number(slider.value)));
  showSoon();
});
$("day").addEventListener("change", () => {
  setDay($("day").value);
  show();
});
for (const button of settings.querySelectorAll("button[data-months]")) {
  button.addEventListener("click", () => {
    setDay(monthsFrom(state.day, Number(button.dataset.months)));
    show();
  });
}
settings.addEventListener("change", (event) => {
  if (event.target.name === "hook") {
    setHook(event.target.value);
    show();
  }
});
settings.addEventListener("submit", (event) => event.preventDefault());
$("patient")?.addEventListener("change", async () => {
  const id = $("patient").value;
  if (!id) return;
  await beginWithPatient(id);
  setDay(on);
  await show();
});
$("use").addEventListener("click", usePasted);
$("reset").addEventListener("click", () => {
  begin(beginning);
  setDay(on);
  show({ focus: true });
});
$("result").addEventListener("click", (event) => {
  const accept = event.target.closest("button[data-accept]");
  if (accept) {
    step("accepted", accept.dataset.accept);
    return;
  }
  const override = event.target.closest("details[data-override] button");
  if (override) setAside(override.closest("article"));
});

/** Folds a card, as an EHR does until the next answer, and tells the service why. */
async function setAside(article) {
  const card = cards().find(({ uuid }) => uuid === article.dataset.card);
  const select = article.querySelector("details.override select");
  const reason = card?.overrideReasons?.[select.selectedIndex];
  const words = article.querySelector("details.override textarea")?.value.trim();
  const note = document.createElement("p");
  note.className = "set-aside";
  note.tabIndex = -1;
  const why = [select.selectedOptions[0]?.textContent, words].filter(Boolean).join(" – ");
  note.textContent = `${texts.overridden}: ${why}`;
  const title = article.querySelector("h3");
  article.replaceChildren(title, note);
  article.classList.add("folded");
  note.focus();
  const overrideReason = {
    ...(reason && { reason: { system: reason.system, code: reason.code } }),
    ...(words && { userComment: words }),
  };
  const kept = await tell(answer?.feedback, {
    card: article.dataset.card,
    outcome: "overridden",
    ...(Object.keys(overrideReason).length > 0 && { overrideReason }),
  });
  if (kept === null) return;
  const told = document.createElement("p");
  told.className = "set-aside";
  told.setAttribute("role", "status");
  article.append(told);
  showTold(told, kept);
}

const link = readLink(location.href);
if (state.patient) {
  try {
    await beginWithPatient(state.patient);
    await replay(link.steps, { day: state.day, hook: state.hook });
  } catch {
    showFault(texts.noAnswer);
  }
} else {
  begin(() => new PatientRecord({ resources: [] }));
}
document.body.dataset.ready = "true";
