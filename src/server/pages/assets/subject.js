// Who is assessed: a record or a pasted request, kept in this page and changed by accepted suggestions.

const isDraft = (resource) =>
  resource.status === "draft" &&
  (resource.resourceType === "MedicationRequest" || resource.resourceType === "ServiceRequest");

const reference = (resource) => `${resource.resourceType}/${resource.id}`;

/** What accepting, signing and removing do, whatever the record is kept in. */
class Subject {
  #created = 0;

  /** Does what the actions of a suggestion say. */
  accept(actions) {
    for (const action of actions) {
      if (action.type === "create") {
        this.#created += 1;
        const resource = { ...action.resource, id: `accepted-${this.#created}` };
        if (isDraft(resource)) this.addDraft(resource);
        else this.store(resource);
      } else if (action.type === "update") {
        this.replace(action.resource);
      } else if (action.type === "delete") {
        this.remove(action.resourceId);
      }
    }
  }

  /** Makes a draft an order of that day. */
  sign(name, day) {
    const draft = this.drafts().find((resource) => reference(resource) === name);
    if (!draft) return false;
    this.remove(name);
    this.store({ ...draft, status: "active", authoredOn: day });
    return true;
  }

  has(name) {
    return this.drafts().some((resource) => reference(resource) === name);
  }
}

/** A whole record: a list of resources. */
export class PatientRecord extends Subject {
  #resources;
  #drafts = [];
  #notSearched;
  #orderOnScreen;

  constructor({ resources, notSearched = [], draft = null }) {
    super();
    this.#resources = structuredClone(resources);
    this.#notSearched = notSearched;
    this.#orderOnScreen = draft;
  }

  /** What the service is asked. */
  question({ day, hook, language }) {
    if (hook !== "patient-view" && this.#drafts.length === 0 && this.#orderOnScreen) {
      this.#drafts.push({ ...structuredClone(this.#orderOnScreen), authoredOn: day });
      this.#orderOnScreen = null;
    }
    return {
      record: this.#resources,
      notSearched: this.#notSearched,
      drafts: this.#drafts,
      hook,
      asOf: day,
      language,
    };
  }

  drafts() {
    return this.#drafts;
  }

  addDraft(resource) {
    this.#drafts.push(resource);
  }

  store(resource) {
    this.#resources.push(resource);
  }

  replace(resource) {
    const name = reference(resource);
    const swap = (old) => (reference(old) === name ? resource : old);
    this.#resources = this.#resources.map(swap);
    this.#drafts = this.#drafts.map(swap);
  }

  remove(name) {
    const stays = (resource) => reference(resource) !== name;
    this.#resources = this.#resources.filter(stays);
    this.#drafts = this.#drafts.filter(stays);
  }
}

/** A CDS Hooks request as it was pasted. */
export class PastedRequest extends Subject {
  #request;
  #keys;

  /** `keys`: for each hook, the prefetch key of each resource type. */
  constructor(request, keys) {
    super();
    this.#request = structuredClone(request);
    this.#keys = keys[request.hook] ?? {};
  }

  get hook() {
    return this.#request.hook;
  }

  question({ day, language }) {
    return { request: this.#request, asOf: day, language };
  }

  #bundles() {
    const prefetch = this.#request.prefetch ?? {};
    return [this.#request.context?.draftOrders, ...Object.values(prefetch)].filter((value) =>
      Array.isArray(value?.entry),
    );
  }

  drafts() {
    const entries = this.#request.context?.draftOrders?.entry ?? [];
    return entries.map((entry) => entry.resource).filter(Boolean);
  }

  addDraft(resource) {
    const context = (this.#request.context ??= {});
    const bundle = (context.draftOrders ??= { resourceType: "Bundle", type: "collection" });
    (bundle.entry ??= []).push({ resource });
  }

  store(resource) {
    const key = this.#keys[resource.resourceType];
    if (!key) return;
    const prefetch = (this.#request.prefetch ??= {});
    const bundle = (prefetch[key] ??= { resourceType: "Bundle", type: "searchset" });
    (bundle.entry ??= []).push({ resource, search: { mode: "match" } });
  }

  replace(resource) {
    const name = reference(resource);
    for (const bundle of this.#bundles()) {
      for (const entry of bundle.entry) {
        if (entry.resource && reference(entry.resource) === name) entry.resource = resource;
      }
    }
  }

  remove(name) {
    for (const bundle of this.#bundles()) {
      bundle.entry = bundle.entry.filter(
        (entry) => !entry.resource || reference(entry.resource) !== name,
      );
    }
  }
}
