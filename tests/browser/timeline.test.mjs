// The timeline in a real browser's letters: no label on another, and readable without colours.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { open, picture, read, visit } from "./harness.mjs";

let chrome;

before(async () => {
  chrome = await open();
});

after(async () => chrome?.close());

const folder = "tests/golden/timeline";
const pictures = readdirSync(new URL("../golden/timeline", import.meta.url)).filter((name) =>
  name.endsWith(".svg"),
);

/** A page with the picture alone, as wide as on a desk. */
async function show(name) {
  const visited = await visit(chrome.browser, "none", { viewport: { width: 1000, height: 900 } });
  await visited.page.setContent(`<body style="margin:0">${read(`${folder}/${name}`)}`);
  return visited;
}

test("no label stands on another, or outside the picture", async () => {
  assert.ok(pictures.length >= 14);
  for (const name of pictures) {
    const { page, leave } = await show(name);
    const found = await page.evaluate(() => {
      const svg = document.querySelector("svg");
      const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
      // A box is as high as its font: the letters themselves are lower.
      const boxes = [...svg.querySelectorAll("text")].map((text) => {
        const { x, y, width, height } = text.getBBox();
        return { text: text.textContent, x, y: y + height * 0.2, right: x + width, foot: y + height * 0.78 };
      });
      const faults = boxes
        .filter((box) => box.x < 0 || box.right > width || box.y < 0 || box.foot > height)
        .map((box) => `${box.text} leaves the picture`);
      boxes.forEach((one, index) => {
        for (const other of boxes.slice(index + 1)) {
          const apart =
            one.right <= other.x || other.right <= one.x || one.foot <= other.y || other.foot <= one.y;
          if (!apart) faults.push(`${one.text} | ${other.text}`);
        }
      });
      return faults;
    });
    assert.deepEqual(found, [], name);
    await leave();
  }
});

for (const name of ["crowded.da", "02-car-t-stop-due.en", "15-review-overdue.da"]) {
  test(`${name} as the eye without colours and a printer see it`, async () => {
    const { page, leave } = await show(`${name}.svg`);
    await picture(page, `timeline-${name}`);
    const session = await page.context().newCDPSession(page);
    for (const type of ["achromatopsia", "deuteranopia"]) {
      await session.send("Emulation.setEmulatedVisionDeficiency", { type });
      await picture(page, `timeline-${name}-${type}`);
    }
    await session.send("Emulation.setEmulatedVisionDeficiency", { type: "none" });
    await page.emulateMedia({ media: "print" });
    await picture(page, `timeline-${name}-print`);
    await leave();
  });
}
