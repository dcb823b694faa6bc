// The report page in a real browser: empty, filled from the playground, and over half a year of a hospital.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  DESKTOP,
  accessible,
  asking,
  fits,
  open,
  picture,
  playground,
  root,
  start,
  visit,
} from "./harness.mjs";

const NARROW = { width: 360, height: 740 };
const HOSTILE = "<img src=x onerror=window.injected=1><script>window.injected=1</script>";

let chrome;

before(async () => {
  chrome = await open();
});

after(async () => {
  await chrome?.close();
});

/** Every page of the demonstration in the same state, which ends with the test. */
async function demonstration(work) {
  const demo = await start(["demo", "--port", "0"]);
  try {
    await work(demo);
  } finally {
    demo.stop();
  }
}

// Each language wide and narrow, light and dark.
const LOOKS = [
  ["da", "desktop", DESKTOP, "light"],
  ["en", "desktop", DESKTOP, "dark"],
  ["da", "phone", NARROW, "dark"],
  ["en", "phone", NARROW, "light"],
];

async function looks(page) {
  await page.locator("#numbers").waitFor();
  for (const details of await page.locator("details").all()) {
    await details.evaluate((element) => element.setAttribute("open", ""));
  }
  assert.equal(await page.locator("script").count(), 0);
  await accessible(page);
  await fits(page);
}

/** The cells of a table, row by row, as they are seen. */
const table = (page, selector) =>
  page.locator(`${selector} tbody tr`).evaluateAll((rows) =>
    rows.map((row) =>
      [...row.cells].map((cell) => (cell.querySelector("[aria-hidden]") ?? cell).textContent.trim()),
    ),
  );

test("an empty report leads to the playground, and back", () =>
  demonstration(async (demo) => {
    for (const [language, size, viewport, colorScheme] of LOOKS) {
      const { page, leave } = await visit(chrome.browser, demo.base, { viewport, colorScheme });
      await page.goto(`${demo.base}/report?lang=${language}`);
      assert.equal(await page.getAttribute("html", "lang"), language);
      await looks(page);
      await picture(page, `report-empty-${language}-${size}-${colorScheme}`);
      await leave();
    }
    const { page, leave } = await visit(chrome.browser, demo.base, { viewport: NARROW });
    await page.goto(`${demo.base}/report?lang=en`);
    await page.click("#numbers a");
    await page.waitForFunction(() => document.body.dataset.ready === "true");
    assert.equal(await page.getAttribute("html", "lang"), "en");
    await fits(page);
    await page.click(".bar nav a[href^='/report']");
    assert.equal(new URL(page.url()).pathname, "/report");
    // What the playground showed is there already, a single card of each kind.
    const rows = await table(page, "#cards");
    assert.ok(rows.length > 0);
    for (const [, , shown, ...parts] of rows) {
      assert.deepEqual([shown, ...parts], ["<5", "*", "*", "*", "*", "*"]);
    }
    await leave();
  }));

/** Pastes p06's order as another patient's, so that each is a card of its own. */
async function openPatient(page, base, number) {
  const record = await (await fetch(`${base}/playground/records/p06?lang=en`)).text();
  const { resources } = JSON.parse(record.replaceAll("p06", `p06-${number}`));
  const entry = resources.map((resource) => ({ resource }));
  await page.fill("#pasted", JSON.stringify({ resourceType: "Bundle", entry }));
  await asking(page, () => page.click("#use"));
}

const feedbackShown = async (page) => {
  const [call, body, answer] = (await page.textContent("#feedback")).split("\n\n");
  return { call, body: JSON.parse(body), answer };
};

test("what is set aside and accepted in the playground is counted", () =>
  demonstration(async (demo) => {
    const { page, leave } = await visit(chrome.browser, demo.base);
    await playground(page, demo.base, "?hook=order-select&lang=en");
    await page.click("#raw summary");
    assert.match(await page.textContent("#feedback"), /None yet/);
    await page.click("#paste summary");
    for (let number = 1; number <= 7; number += 1) {
      await openPatient(page, demo.base, number);
      const card = page.locator("article.card", { hasText: "C05" }).first();
      const id = await card.getAttribute("data-card");
      if (number === 7) break;
      await card.locator("summary").click();
      const choices = await card.locator("option").allTextContents();
      const reason = number === 6 ? "None of these" : choices[0];
      await card.locator("select").selectOption({ label: reason });
      await card.locator("textarea").fill(number === 6 ? HOSTILE : "");
      if (number === 6) {
        await accessible(page);
        await picture(page, "playground-override-open");
      }
      await card.locator("details.override button").click();
      const said = page.locator("article.folded [role=status]", { hasText: "Feedback sent" });
      await said.waitFor();
      const { call, body, answer } = await feedbackShown(page);
      assert.equal(call, "POST /cds-services/sid-order-select/feedback");
      assert.match(answer, /^200/);
      const [entry] = body.feedback;
      assert.equal(entry.card, id);
      assert.equal(entry.outcome, "overridden");
      assert.ok(Math.abs(Date.parse(entry.outcomeTimestamp) - Date.now()) < 600_000);
      assert.deepEqual(
        entry.overrideReason,
        number === 6
          ? { userComment: HOSTILE }
          : { reason: { system: "urn:sid-cds:override", code: "O1" } },
      );
      assert.match(
        await page.textContent("article.folded .set-aside"),
        number === 6 ? /None of these – <img src=x/ : /^Set aside: Infections verified elsewhere$/,
      );
      assert.equal(await page.evaluate(() => window.injected), undefined);
      assert.equal(await page.locator("#result img, #result script, #feedback *").count(), 0);
      if (number === 6) {
        await accessible(page);
        await picture(page, "playground-set-aside");
      }
    }
    // The seventh accepts instead.
    const shown = JSON.parse(await page.textContent("#response")).cards[0];
    const suggestion = shown.suggestions.find(({ label }) => label.startsWith("Remove the draft"));
    await asking(page, () => page.click(`button[data-accept="${suggestion.uuid}"]`));
    assert.match(await page.textContent("#told"), /Feedback sent/);
    const [accepted] = (await feedbackShown(page)).body.feedback;
    delete accepted.outcomeTimestamp;
    assert.deepEqual(accepted, {
      card: shown.uuid,
      outcome: "accepted",
      acceptedSuggestions: [{ id: suggestion.uuid }],
    });
    await accessible(page);
    await picture(page, "playground-accepted");

    await page.click("#told a");
    assert.equal(new URL(page.url()).pathname, "/report");
    const row = (await table(page, "#cards")).find(([name]) => name.startsWith("C05"));
    // One accepted is hidden, and with it the six that would tell it.
    assert.deepEqual(row.slice(2), ["7", "*", "*", "*", "*", "0"]);
    await looks(page);
    await picture(page, "report-after-playground");
    assert.ok(!(await page.content()).includes("onerror"));

    // Six more that are accepted, and both are seen.
    await playground(page, demo.base, "?hook=order-select&lang=en");
    await page.click("#paste summary");
    for (let number = 8; number <= 13; number += 1) {
      await openPatient(page, demo.base, number);
      await asking(page, () =>
        page.locator("button[data-accept]", { hasText: "Remove the draft" }).first().click(),
      );
    }
    await page.click(".bar nav a[href^='/report']");
    const now = (await table(page, "#cards")).find(([name]) => name.startsWith("C05"));
    assert.deepEqual(now.slice(2), ["13", "7", "54%", "6", "46%", "0"]);
    await page.locator("details").first().evaluate((element) => element.setAttribute("open", ""));
    // Five with a code and one in words only: the one hides the other.
    assert.deepEqual((await table(page, "[data-reasons]")).map(([name, , count]) => [name, count]), [
      ["Infections verified elsewhere", "*"],
      ["In words only", "*"],
    ]);
    await picture(page, "report-after-more");
    await leave();
  }));

test("a link that is opened again accepts nothing again", () =>
  demonstration(async (demo) => {
    const { page, leave } = await visit(chrome.browser, demo.base);
    await playground(page, demo.base, "?patient=p01&lang=en");
    await asking(page, () => page.locator("button[data-accept]").first().click());
    const link = await page.getAttribute("#link", "href");
    const told = [];
    page.on("request", (request) => {
      if (request.url().endsWith("/feedback")) told.push(request.url());
    });
    await playground(page, demo.base, link.slice(demo.base.length + 1));
    assert.equal(await page.locator("#steps li").count(), 1);
    assert.deepEqual(told, []);
    assert.match(await page.textContent("#feedback"), /None yet/);
    await leave();
  }));

test("feedback that is not received is said", () =>
  demonstration(async (demo) => {
    const { page, faults, leave } = await visit(chrome.browser, demo.base);
    await page.route("**/feedback", (route) => route.fulfill({ status: 503, body: "{}" }));
    await playground(page, demo.base, "?patient=p06&hook=order-select&lang=en");
    const card = page.locator("article.card").first();
    await card.locator("summary").click();
    await card.locator("details.override button").click();
    await page.locator("article.folded [role=status]", { hasText: "not received" }).waitFor();
    assert.match(await page.textContent("#feedback"), /503/);
    // The browser itself reports it.
    faults.splice(0, faults.length, ...faults.filter((fault) => !/status of 503/.test(fault)));
    await leave();
  }));

test("half a year of a hospital, in serve on an address of its own", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sid-cds-report-"));
  const file = join(folder, "store.sqlite");
  const serve = await start(["serve", "--config", "/dev/null"], {
    SID_CDS_LISTEN: "127.0.0.1:0",
    SID_CDS_REPORT_LISTEN: "127.0.0.1:0",
    SID_CDS_CLIENT_TRUST: "none",
    SID_CDS_STORE: `sqlite:${file}`,
  });
  try {
    const port = await serve.says(/report address=127\.0\.0\.1:(\d+)/);
    const base = `http://127.0.0.1:${port}`;
    execFileSync("python3", [join(root, "tests/browser/fill.py"), file, "2026-11-22"]);
    const query = "from=2026-05-25&to=2026-11-22";
    for (const [language, size, viewport, colorScheme] of LOOKS) {
      const { page, leave } = await visit(chrome.browser, base, { viewport, colorScheme });
      await page.goto(`${base}/report?${query}&lang=${language}`);
      assert.equal(await page.getAttribute("html", "lang"), language);
      await looks(page);
      // As text, and as nothing else.
      const found = await page.evaluate(() => ({
        injected: window.injected,
        elements: document.querySelectorAll("script, #numbers img, [onerror], iframe").length,
        text: document.body.textContent.includes("<img/src=x/onerror=window.injected=1>"),
      }));
      assert.deepEqual(found, { injected: undefined, elements: 0, text: true });
      await picture(page, `report-${language}-${size}-${colorScheme}`);
      await leave();
    }
    const { page, faults, leave } = await visit(chrome.browser, base);
    await page.goto(`${base}/report?${query}&lang=en`);
    const rows = await table(page, "#cards");
    assert.equal(rows.length, 14);
    const counts = rows.flatMap((row) => [2, 3, 5, 7].map((at) => row[at]));
    for (const count of counts) assert.match(count, /^(\*|<5|0|[5-9]|\d{2,})$/);
    // No other page is at this address, and the menu leads to none.
    assert.equal(await page.locator(".bar nav a[href='/?lang=en']").count(), 0);
    // By keyboard: another period, and the language with the period kept.
    await page.fill("#from", "2026-11-16");
    await page.focus("#to");
    await page.keyboard.press("Enter");
    await page.waitForURL(/from=2026-11-16/);
    assert.match(await page.textContent("#numbers h2"), /^Cards shown 16 November 2026 – 22 November 2026$/);
    await page.click('a[data-language="da"]');
    assert.match(await page.textContent("#numbers h2"), /^Kort vist 16\. november 2026 – 22\. november 2026$/);
    assert.equal(await page.inputValue("#from"), "2026-11-16");
    await picture(page, "report-one-week");
    // What cannot be is said.
    const wrong = await page.goto(`${base}/report?from=2026-12-01&to=2026-11-01&lang=da`);
    assert.equal(wrong.status(), 400);
    await accessible(page);
    await picture(page, "report-wrong-period");
    // The browser itself reports the status.
    faults.splice(0, faults.length, ...faults.filter((fault) => !/status of 400/.test(fault)));
    await page.goto(`${base}/report?${query}&lang=da`);
    await page.emulateMedia({ media: "print" });
    await picture(page, "report-print");
    await leave();
  } finally {
    serve.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
