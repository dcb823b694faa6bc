// A running demonstration, a real Chromium, and what every page must hold: no error in the console, no
// request to another place, nothing that axe finds.
//
// Called as `node --test tests/browser/` from the root of the project, with the tools of
// tests/tools/install. Pictures of the pages are written to target/screenshots.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");
const tools = process.env.SID_CDS_TOOLS ?? join(root, "target/tools");
const require = createRequire(join(tools, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const screenshots = join(root, "target/screenshots");
mkdirSync(screenshots, { recursive: true });

/**
 * Starts the program; resolves when it has said where it listens. `says` waits for another line, and gives
 * the first group of the expression.
 */
export function start(args, environment = {}) {
  const program = process.env.SID_CDS_PROGRAM ?? join(root, "target/debug/sid-cds");
  const child = spawn(program, args, {
    cwd: root,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const waiting = new Set();
  const says = (expression) =>
    new Promise((done) => {
      const look = () => {
        const found = expression.exec(said);
        if (!found) return;
        waiting.delete(look);
        done(found[1]);
      };
      waiting.add(look);
      look();
    });
  return new Promise((done, failed) => {
    const listen = (chunk) => {
      said += chunk;
      for (const look of [...waiting]) look();
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
      const port = /address=127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      const base = address ?? (port && `http://127.0.0.1:${port}`);
      if (base) done({ base, says, stop: () => child.kill("SIGTERM") });
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.on("exit", (code) => failed(new Error(`stopped with ${code}: ${said}`)));
  });
}

/** A browser with a profile of its own. */
export async function open() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  return { browser, close: () => browser.close() };
}

export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 360, height: 740 };

/** A page that remembers whatever must not happen on it. */
export async function visit(browser, base, options = {}) {
  const context = await browser.newContext({
    viewport: DESKTOP,
    reducedMotion: "reduce",
    locale: "da-DK",
    ...options,
  });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`page: ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${base}/`)) faults.push(`request: ${request.url()}`);
  });
  page.on("requestfailed", (request) => {
    // A question that a newer one overtakes is given up.
    if (request.failure()?.errorText !== "net::ERR_ABORTED") {
      faults.push(`failed: ${request.url()} ${request.failure()?.errorText}`);
    }
  });
  page.setDefaultTimeout(60_000);
  return {
    page,
    faults,
    /** Ends the visit: nothing of what must not happen has happened. */
    leave: async () => {
      assert.deepEqual(faults, []);
      await context.close();
    },
  };
}

/** The playground when its script has shown the first answer. */
export async function playground(page, base, query = "") {
  await page.goto(`${base}/${query}`);
  await page.waitForFunction(() => document.body.dataset.ready === "true");
}

/** Does something that makes the playground ask again, and waits for what it then shows. */
export async function asking(page, act) {
  const before = await page.evaluate(() => Number(document.body.dataset.shown ?? 0));
  await act();
  await page.waitForFunction((n) => Number(document.body.dataset.shown ?? 0) > n, before);
}

/** What axe finds under WCAG 2.2 AA and its own best practices. */
export async function accessible(page) {
  // As a test of the browser's own world, beside the page's policy.
  await page.evaluate(axe);
  const found = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }),
  );
  const place = (node) => `${node.target.join(" ")} ${node.html.slice(0, 120)}`;
  const said = found.violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help} (${nodes.length}): ${nodes.slice(0, 3).map(place).join("; ")}`,
  );
  assert.deepEqual(said, []);
}

/** Nothing sticks out of the page to the right. */
export async function fits(page) {
  const [content, window] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  assert.ok(content <= window, `${content} wide in ${window}`);
}

/** Moves on by the Tab key to an element; whatever has the focus on the way shows it. */
export async function tabTo(page, selector) {
  const passed = [];
  for (let stops = 0; stops < 200; stops += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate((selector) => {
      const element = document.activeElement;
      // The focus of a control that stands on its label is drawn on the label.
      const drawn = [element, element.nextElementSibling].filter(Boolean);
      return {
        name: `${element.tagName} ${element.id || element.name || element.textContent.slice(0, 30)}`,
        found: element.matches(selector),
        seen: drawn.some((one) => getComputedStyle(one).outlineStyle !== "none"),
      };
    }, selector);
    passed.push(at.name);
    if (at.name.startsWith("BODY")) continue;
    assert.ok(at.seen, `the focus cannot be seen on ${at.name}`);
    if (at.found) return passed;
  }
  assert.fail(`${selector} is not reached: ${passed.join(", ")}`);
}

/** Members that a program writes: ids, links, codes, kinds, states. Dates are told by their form. */
const STRUCTURE = new Set([
  "resourceType", "id", "reference", "fullUrl", "type", "system", "code", "status", "intent", "use",
  "url", "profile", "mode", "periodUnit", "gender", "comparator", "relation", "language",
]);
/** What a record cannot be read without. */
const SKELETON = new Set(["resourceType", "type", "mode", "relation", "fullUrl", "url"]);

/**
 * A record in which every text is another: names, displays, texts, notes, units, identifiers, and whatever
 * else is no structure; with `everything` codes, systems, states, ids and references too, of all but the
 * Patient and the subjects.
 */
export function hostile(value, text, everything = false, name = "") {
  if (Array.isArray(value)) return value.map((item) => hostile(item, text, everything, name));
  if (value && typeof value === "object") {
    if (everything && value.resourceType === "Patient") return hostile(value, text);
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        everything && ["subject", "patient"].includes(key) ? inner : hostile(inner, text, everything, key),
      ]),
    );
  }
  if (typeof value !== "string") return value;
  const kept = everything ? SKELETON : STRUCTURE;
  return kept.has(name) || /^\d{4}(-\d\d)*/.test(value) && /Date|start|end|issued|authoredOn/.test(name)
    ? value
    : text;
}

/** Texts that would do harm where one is not escaped. */
export const PAYLOADS = [
  "<img src=x onerror=\"window.injected=1\">",
  "\"><script>window.injected=1</script><svg onload=window.injected=1>",
  "[x](javascript:window.injected=1) ![y](https://evil.example/y.png) <https://evil.example>",
  "</title></svg><iframe src=\"https://evil.example\"></iframe>&lt;b&gt;",
  "' onmouseover='window.injected=1' {{7*7}} ${7*7} `window.injected=1`",
];

/** Nothing of a record has become an element, an attribute or a link. */
export async function stayedText(page, place) {
  const found = await page.evaluate(() => ({
    injected: window.injected,
    elements: document.querySelectorAll(
      "main script, main img, main iframe, header script, header iframe, [onload], [onerror], [onmouseover]",
    ).length,
    pictures: document.querySelectorAll("img").length,
    links: [...document.querySelectorAll("#result a")].map((link) => link.href),
  }));
  assert.equal(found.injected, undefined, place);
  assert.equal(found.elements, 0, place);
  assert.equal(found.pictures, 1, place);
  for (const link of found.links) assert.match(link, /^https:\/\/medicinraadet\.dk\//, place);
}

/** A picture of the page, of some screens at most: a report of half a year is forty long. */
export async function picture(page, name) {
  const { width, height } = await page.evaluate(() => {
    const { scrollWidth, scrollHeight } = document.documentElement;
    return { width: scrollWidth, height: Math.min(scrollHeight, 6000) };
  });
  const clip = { x: 0, y: 0, width, height };
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true, clip });
}

export function read(path) {
  return readFileSync(join(root, path), "utf8");
}
