// The playground in a real browser: both languages, every step, the day moved, a link, hostile text.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  DESKTOP,
  PAYLOADS,
  PHONE,
  accessible,
  asking,
  fits,
  hostile,
  open,
  picture,
  playground,
  read,
  start,
  stayedText,
  tabTo,
  visit,
} from "./harness.mjs";

let demo;
let chrome;

before(async () => {
  demo = await start(["demo", "--port", "0"]);
  chrome = await open();
});

after(async () => {
  await chrome?.close();
  demo?.stop();
});

const codes = (page) => page.locator("article.card .indicator .code").allTextContents();
const population = (page) => page.locator(".facts .code").first().textContent();
const accept = (page, label) =>
  asking(page, () => page.locator("button[data-accept]", { hasText: label }).first().click());
const setDay = (page, day) =>
  asking(page, async () => {
    await page.fill("#day", day);
    await page.dispatchEvent("#day", "change");
  });
const plusDays = (day, days) =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
const plusMonths = (day, months) => {
  const [year, month, date] = day.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1 + months, date)).toISOString().slice(0, 10);
};

for (const [language, heading] of [
  ["da", "Afprøvning"],
  ["en", "Playground"],
]) {
  for (const [size, viewport] of [
    ["desktop", DESKTOP],
    ["phone", PHONE],
  ]) {
    for (const colorScheme of ["light", "dark"]) {
      test(`the page in ${language}, ${size}, ${colorScheme}`, async () => {
        const { page, leave } = await visit(chrome.browser, demo.base, { viewport, colorScheme });
        await playground(page, demo.base, `?patient=p05&lang=${language}`);
        assert.equal(await page.getAttribute("html", "lang"), language);
        assert.match(await page.textContent("h1"), new RegExp(heading));
        await fits(page);
        for (const details of await page.locator("details").all()) {
          await details.evaluate((element) => element.setAttribute("open", ""));
        }
        await accessible(page);
        await fits(page);
        await picture(page, `playground-${language}-${size}-${colorScheme}`);
        await leave();
      });
    }
  }
}

test("the language is switched and the state kept", async () => {
  const { page, leave } = await visit(chrome.browser, demo.base);
  await playground(page, demo.base, "?patient=p02&lang=da");
  await page.click('a[data-language="en"]');
  await page.waitForFunction(() => document.body.dataset.ready === "true");
  assert.equal(await page.getAttribute("html", "lang"), "en");
  assert.equal(await page.inputValue("#patient"), "p02");
  assert.match(await page.textContent("#conclusion-title"), /^Conclusion on /);
  await leave();
});

test("start, review, stop: each accepted suggestion leads to the next state", async () => {
  const { page, leave } = await visit(chrome.browser, demo.base);
  await playground(page, demo.base, "?patient=p01&lang=en");
  const on = await page.inputValue("#day");
  assert.ok((await codes(page)).includes("C01"));
  await accept(page, "SCIG draft ending");
  assert.equal(await page.locator("#drafts li").count(), 1);
  await asking(page, () => page.click("#drafts button"));
  assert.equal(await page.locator("#drafts li").count(), 0);
  assert.match(await page.textContent(".facts"), /On immunoglobulin since/);
  assert.ok(!(await codes(page)).includes("C01"));
  const stop = /Stop by (\d+ \w+ \d+)/.exec(await page.textContent(".facts"))?.[1];
  assert.ok(stop, "a stop date");

  // The stop is less than three months ahead, so it comes before the first review.
  const stopDay = plusDays(new Date(`${stop} UTC`).toISOString().slice(0, 10), 0);
  await setDay(page, plusDays(stopDay, -10));
  assert.ok((await codes(page)).includes("C14"), `${await codes(page)}`);
  await accept(page, "Stop immunoglobulin");
  assert.match(await page.textContent(".facts"), /Not on immunoglobulin/);
  assert.ok(!(await codes(page)).includes("C14"));
  assert.equal(await page.locator("#steps li").count(), 3);
  await picture(page, "playground-after-stop");

  // The link brings the whole of it back, in a page that has never seen it.
  const link = await page.getAttribute("#link", "href");
  const shown = await page.textContent("#result");
  const again = await visit(chrome.browser, demo.base);
  await playground(again.page, demo.base, link.slice(demo.base.length + 1));
  assert.equal(await again.page.textContent("#result"), shown);
  assert.equal(await again.page.locator("#steps li").count(), 3);
  assert.equal(on, await again.page.locator("#slider").getAttribute("data-on"));
  await again.leave();

  await asking(page, () => page.click("#reset"));
  assert.ok((await codes(page)).includes("C01"));
  await leave();
});

test("a review is due after three months, and a statement answers it", async () => {
  const { page, leave } = await visit(chrome.browser, demo.base);
  await playground(page, demo.base, "?patient=p05&lang=en");
  const on = await page.inputValue("#day");
  await accept(page, "SCIG draft");
  await asking(page, () => page.click("#drafts button"));
  await setDay(page, plusMonths(on, 3));
  assert.ok((await codes(page)).includes("C12"), `${await codes(page)}`);
  await accept(page, "Record: continue immunoglobulin");
  assert.ok(!(await codes(page)).includes("C12"));
  assert.match(await page.textContent("#timeline-heading + .picture"), /continued/);
  await leave();
});

test("a statement of the infection history turns 'not recorded' into 'not met'", async () => {
  const { page, leave } = await visit(chrome.browser, demo.base);
  await playground(page, demo.base, "?patient=p17&hook=order-select&lang=en");
  assert.match(await page.textContent(".facts"), /Start not supported by the record/);
  await accept(page, "Record: no qualifying infections");
  assert.match(await page.textContent(".facts"), /Start criteria not met/);
  // The draft is removed as the card suggests, and the card goes with it.
  await accept(page, "Remove the draft order");
  assert.ok(!(await codes(page)).includes("C05"));
  assert.equal(await page.locator("#drafts li").count(), 0);
  await leave();
});

test("the slider moves the day over the six-month boundary, by keyboard", async () => {
  const { page, leave } = await visit(chrome.browser, demo.base);
  await playground(page, demo.base, "?patient=p02&lang=en");
  assert.equal(await population(page), "P2B");
  const due = /6 months after it: (\d+ \w+ \d+)/.exec(await page.textContent(".facts"))[1];
  const dueDay = new Date(`${due} UTC`).toISOString().slice(0, 10);
  await page.focus("#slider");
  while ((await page.inputValue("#day")) > dueDay) {
    await page.keyboard.press("ArrowLeft");
  }
  const shows = (text) =>
    page.waitForFunction(
      (text) => document.getElementById("conclusion-title").textContent === text,
      text,
    );
  await shows(`Conclusion on ${due}`);
  assert.equal(await population(page), "P2B");
  assert.match(await page.getAttribute("article.card", "class"), /warning/);
  const onTheDay = await page.textContent("article.card .detail");
  await page.keyboard.press("ArrowLeft");
  const dayBefore = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });
  await shows(`Conclusion on ${dayBefore.format(new Date(`${plusDays(dueDay, -1)}T00:00Z`))}`);
  assert.equal(await population(page), "P2A");
  assert.match(await page.getAttribute("article.card", "class"), /info/);
  assert.notEqual(await page.textContent("article.card .detail"), onTheDay);
  assert.equal(await page.evaluate(() => document.activeElement.id), "slider");
  await leave();
});

test("a card can be set aside with a reason", async () => {
  const { page, leave } = await visit(chrome.browser, demo.base);
  await playground(page, demo.base, "?patient=p06&hook=order-select&lang=en");
  const card = page.locator("article.card").first();
  await card.locator("summary").click();
  const reason = await card.locator("option").nth(1).textContent();
  await card.locator("select").selectOption({ label: reason });
  await card.locator("details.override button").click();
  // What became of the feedback is said below it, once that is known.
  assert.equal(await card.locator(".set-aside").first().textContent(), `Set aside: ${reason}`);
  await card.getByText("Feedback sent to the service").waitFor();
  assert.equal(await card.locator("button").count(), 0);
  await accessible(page);
  await leave();
});

test("a pasted request is assessed as it is, and accepted suggestions change it", async () => {
  const { page, leave } = await visit(chrome.browser, demo.base);
  await playground(page, demo.base, "?lang=en");
  const request = await (await fetch(`${demo.base}/demo/requests/p06/order-select`)).text();
  await page.click("#paste summary");
  await page.fill("#pasted", request);
  await asking(page, () => page.click("#use"));
  assert.deepEqual(await codes(page), ["C05"]);
  assert.ok(await page.isVisible("#no-link"));
  const cards = async () => JSON.parse(await page.textContent("#response")).cards;
  const answer = await fetch(`${demo.base}/cds-services/sid-order-select`, {
    method: "POST",
    headers: { "content-type": "application/json", "accept-language": "en" },
    body: request,
  });
  assert.deepEqual(await cards(), (await answer.json()).cards);
  await accept(page, "Remove the draft order");
  assert.deepEqual(await cards(), []);
  await leave();
});

test("what cannot be assessed is said, in both languages", async () => {
  for (const [language, title] of [
    ["da", "Kan ikke vurderes"],
    ["en", "Cannot be assessed"],
  ]) {
    const { page, faults, leave } = await visit(chrome.browser, demo.base);
    await playground(page, demo.base, `?lang=${language}`);
    await page.click("#paste summary");
    const use = async (text) => {
      await page.fill("#pasted", text);
      await page.click("#use");
      await page.locator("#fault:not([hidden])").waitFor();
      return page.textContent("#fault");
    };
    assert.match(await use("<b>"), language === "da" ? /ikke JSON/ : /not JSON/);
    assert.match(await use("{}"), language === "da" ? /hverken/ : /neither/);
    const said = page.locator("#fault strong", { hasText: title });
    await use('{"resourceType":"Bundle"}');
    await said.waitFor();
    assert.match(await page.textContent("#fault"), /no Patient/);
    await use('{"hook":"patient-view","context":{"patientId":7}}');
    await page.locator("#fault li", { hasText: "context.patientId" }).waitFor();
    await accessible(page);
    // The browser itself reports a status of 400.
    const expected = faults.filter((fault) => /status of 400/.test(fault));
    assert.equal(expected.length, 2);
    faults.splice(0, faults.length, ...faults.filter((fault) => !expected.includes(fault)));
    await leave();
  }
});

test("hostile text in a record stays text, in every card, trace and picture", async () => {
  const fixtures = ["05-cll-with-infections", "11-igg-without-unit", "15-review-overdue"];
  const { page, leave } = await visit(chrome.browser, demo.base);
  await playground(page, demo.base, "?lang=en");
  await page.click("#paste summary");
  for (const fixture of fixtures) {
    const bundle = JSON.parse(read(`fixtures/${fixture}/bundle.json`));
    for (const payload of PAYLOADS) {
      for (const everything of [false, true]) {
        await page.fill("#pasted", JSON.stringify(hostile(bundle, payload, everything)));
        await asking(page, () => page.click("#use"));
        await setDay(page, "2026-03-16");
        for (const hook of ["order-sign", "order-select", "patient-view"]) {
          await asking(page, () => page.check(`input[name=hook][value=${hook}]`, { force: true }));
          await stayedText(page, `${fixture} ${hook} ${everything} ${payload}`);
        }
      }
    }
  }
  await leave();
});

test("a suggestion is accepted and the day moved with the keyboard alone", async () => {
  const { page, leave } = await visit(chrome.browser, demo.base, { viewport: PHONE });
  await playground(page, demo.base, "?patient=p01&lang=en");
  const passed = await tabTo(page, "#patient");
  assert.match(passed[0], /^A Skip/);
  await tabTo(page, "#slider");
  await asking(page, () => page.keyboard.press("ArrowRight"));
  await tabTo(page, "button[data-accept]");
  await asking(page, () => page.keyboard.press("Enter"));
  assert.equal(await page.locator("#steps li").count(), 1);
  await tabTo(page, "details.override summary");
  await page.keyboard.press("Enter");
  await tabTo(page, "details.override select");
  await page.keyboard.press("ArrowDown");
  await tabTo(page, "details.override button");
  await page.keyboard.press("Enter");
  await page.locator(".set-aside").first().waitFor();
  await leave();
});

test("without script the page shows the chosen state", async () => {
  const { page, leave } = await visit(chrome.browser, demo.base, { javaScriptEnabled: false });
  await page.goto(`${demo.base}/?patient=p06&hook=order-select&lang=en`);
  assert.deepEqual(await codes(page), ["C05"]);
  assert.ok(await page.isVisible("svg[role=img]"));
  assert.ok(await page.isVisible("noscript button, button.primary >> text=Show"));
  await leave();
});

test("every demonstration patient in both languages", async () => {
  const { page, leave } = await visit(chrome.browser, demo.base);
  await playground(page, demo.base, "?lang=da");
  const patients = await page.locator("#patient option").evaluateAll((options) =>
    options.map((option) => option.value).filter(Boolean),
  );
  assert.ok(patients.length >= 22);
  for (const [at, patient] of patients.entries()) {
    const [one, other] = at % 2 ? ["da", "en"] : ["en", "da"];
    await playground(page, demo.base, `?patient=${patient}&hook=patient-view&lang=${one}`);
    await accessible(page);
    await fits(page);
    await playground(page, demo.base, `?patient=${patient}&hook=order-sign&lang=${other}`);
    await accessible(page);
    await fits(page);
  }
  await leave();
});

test("the playground of serve has no patient, and assesses what is pasted", async () => {
  const serve = await start(["serve", "--config", "/dev/null"], {
    SID_CDS_LISTEN: "127.0.0.1:0",
    SID_CDS_PLAYGROUND: "true",
    SID_CDS_CLIENT_TRUST: "none",
  });
  try {
    const { page, leave } = await visit(chrome.browser, serve.base);
    await playground(page, serve.base, "?lang=en");
    assert.equal(await page.locator("#patient").count(), 0);
    await accessible(page);
    await page.fill("#pasted", read("fixtures/02-car-t-stop-due/bundle.json"));
    await asking(page, () => page.click("#use"));
    await setDay(page, "2026-03-16");
    assert.deepEqual(await codes(page), ["C14"]);
    await picture(page, "playground-serve");
    await leave();
  } finally {
    serve.stop();
  }
});
