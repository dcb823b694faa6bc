// The link that brings a state of the playground back: patient, day, hook, language, steps.

/** A step as it stands in a link: day~hook~what~on. */
export function writeStep({ day, hook, what, on }) {
  return [day, hook, what, on].join("~");
}

/** The state that an address names. */
export function readLink(address) {
  const query = new URL(address).searchParams;
  const steps = query.getAll("step").flatMap((text) => {
    const [day, hook, what, on] = text.split("~");
    return on ? [{ day, hook, what, on }] : [];
  });
  return {
    patient: query.get("patient"),
    on: query.get("on"),
    day: query.get("day"),
    hook: query.get("hook"),
    steps,
  };
}

/** The address of a state. */
export function writeLink(base, { patient, on, day, hook, language, steps }) {
  const url = new URL("/", base);
  const query = url.searchParams;
  for (const [name, value] of Object.entries({ patient, on, day, hook, lang: language })) {
    if (value) query.set(name, value);
  }
  for (const step of steps) query.append("step", writeStep(step));
  return url.href;
}
