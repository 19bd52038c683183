/** CRD, schema and conversion say the same: they are made of one source, and this is the proof. */
import fc from 'fast-check';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { convertObject } from '../convert.js';
import { acceptedCases, rejectedCases } from '../testing/admission-cases.js';
import { admit, storedForm } from '../testing/api-server.js';
import { crdRejections } from '../testing/crd-rejections.js';

type KubeObject = Readonly<Record<string, unknown>>;
const read = (text: string): KubeObject => load(text) as KubeObject;

/** Whether reading a file finds an error; what has no effect, and only a warning, is no error. */
function isRefused(object: KubeObject): boolean {
  return convertObject(object, { strict: true }).problems.some(({ severity }) => severity === 'error');
}

const ofOthers = (text: string): boolean => /kind: T(CP|LS)Route/.test(text);

describe('the cases of docs/spec/control-plane.md §2.3', () => {
  it.each(acceptedCases)('%s: admitted by the CRD and by conversion', (_name, text) => {
    const object = read(text);
    expect(admit(object).kind).toBe(ofOthers(text) ? 'unknown' : 'admitted');
    expect(isRefused(object)).toBe(false);
  });

  it.each(rejectedCases)('%s: refused by conversion, and by the CRD where it knows the rule', (_name, text, by) => {
    const object = read(text);
    expect(isRefused(object)).toBe(true);
    expect(admit(object).kind).toBe(ofOthers(text) ? 'unknown' : by === 'crd' ? 'refused' : 'admitted');
  });
});

describe('the rules of the CRDs', () => {
  it.each(crdRejections)('%s: refused by the CRD and by conversion', (_name, text) => {
    const object = read(text);
    expect(admit(object)).toMatchObject({ kind: 'refused' });
    expect(isRefused(object)).toBe(true);
  });

  it('let an identity reference be without name, which only the webhook refuses', () => {
    const object = {
      apiVersion: 'policy.linkerd.io/v1alpha1',
      kind: 'MeshTLSAuthentication',
      metadata: { name: 'x', namespace: 'ns' },
      spec: { identityRefs: [{ kind: 'ServiceAccount' }] },
    };
    expect(admit(object).kind).toBe('admitted');
    expect(isRefused(object)).toBe(true);
  });

  it('do not look at the values of labels in selectors, which only the webhook refuses', () => {
    const object = {
      apiVersion: 'policy.linkerd.io/v1beta3',
      kind: 'Server',
      metadata: { name: 'x', namespace: 'ns' },
      spec: { podSelector: { matchLabels: { a: 1 } }, port: 80 },
    };
    expect(admit(object).kind).toBe('admitted');
    expect(isRefused(object)).toBe(true);
  });
});

const objectsOf = (cases: readonly (readonly [string, string, ...unknown[]])[]): readonly KubeObject[] =>
  cases
    .map(([, text]) => text)
    .filter((text) => !ofOthers(text))
    .map(read);

// prettier-ignore
const texts = ['', 'a', 'A', '/', '*', 'a.b', 'http', '10.0.0.0/8', '1s', '-1s', '0', 'policy.linkerd.io', 'Server', 'Exact',
  'GET', 'RequestRedirect', 'Service', 'core', 'ServiceAccount', 'Namespace', 'x'.repeat(64), 'x'.repeat(300)];
const numbers = [0, 1, -1, 0.5, 80, 65_535, 65_536, 2 ** 31, 2 ** 32];
const others = [true, false, null, [], {}, [{}], [null], { a: 1 }, { name: 'a' }];
const value = fc.constantFrom<unknown>(...texts, ...numbers, ...others);
/** Which part of an object is changed; taken modulo the number of its parts. */
const edit = fc.record({
  part: fc.nat(200),
  how: fc.constantFrom('replace', 'remove', 'repeat', 'add'),
  value,
  field: fc.constantFrom(
    'name',
    'namespace',
    'group',
    'port',
    'weight',
    'filters',
    'type',
    'timeouts',
    'accessPolicy',
    'unheardOf',
  ),
});
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

/** Every place in a value, from the outside in. */
function places(of: unknown, at: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof of !== 'object' || of === null) return [at];
  const inner = Array.isArray(of) ? of.map((entry: unknown, i) => [i, entry] as const) : Object.entries(of);
  return [at, ...inner.flatMap(([key, entry]) => places(entry, [...at, key]))];
}

function edited(of: unknown, at: readonly (string | number)[], { how, value, field }: Edit): unknown {
  const [key, ...rest] = at;
  if (key === undefined) {
    if (how === 'add' && typeof of === 'object' && of !== null && !Array.isArray(of)) return { ...of, [field]: value };
    return value;
  }
  if (Array.isArray(of)) {
    const list: readonly unknown[] = of;
    return list.flatMap((entry, i) => {
      if (i !== key) return [entry];
      if (rest.length > 0) return [edited(entry, rest, { how, value, field, part: 0 })];
      return how === 'remove'
        ? []
        : how === 'repeat'
          ? [entry, entry]
          : [edited(entry, [], { how, value, field, part: 0 })];
    });
  }
  const record = of as Record<string, unknown>;
  if (rest.length === 0 && how === 'remove')
    return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
  return { ...record, [key]: edited(record[key], rest, { how, value, field, part: 0 }) };
}

const changed = (seeds: readonly KubeObject[]): fc.Arbitrary<KubeObject> =>
  fc.tuple(fc.constantFrom(...seeds), fc.array(edit, { minLength: 1, maxLength: 3 })).map(([seed, edits]) => {
    let spec: unknown = seed['spec'];
    for (const one of edits) {
      const all = places(spec);
      spec = edited(spec, all[one.part % all.length] ?? [], one);
    }
    return { ...seed, spec };
  });

/** v1alpha1 spells `meshTLS` otherwise, and nobody converts: what is written so is lost in storage. */
const isRenamed = (object: KubeObject): boolean => object['apiVersion'] === 'workload.linkerd.io/v1alpha1';

describe('an ExternalWorkload of v1alpha1', () => {
  it('is admitted, and has lost its identity when it is read back', () => {
    const object = {
      apiVersion: 'workload.linkerd.io/v1alpha1',
      kind: 'ExternalWorkload',
      metadata: { name: 'x', namespace: 'ns' },
      spec: { meshTls: { identity: 'a.b', serverName: 'a.b' } },
    };
    expect(admit(object)).toEqual({ kind: 'admitted', object });
    expect(storedForm(object)).toEqual({ kind: 'refused', errors: ["/spec must have required property 'meshTLS'"] });
  });
});

describe('whatever is written', () => {
  const runs = { numRuns: 1_000 };

  it('what the CRD refuses, reading refuses', () => {
    fc.assert(
      fc.property(changed(objectsOf([...acceptedCases, ...rejectedCases, ...crdRejections])), (object) => {
        const admitted = admit(object);
        const missed = admitted.kind === 'refused' && !isRefused(object) ? admitted.errors : [];
        expect(missed).toEqual([]);
      }),
      runs,
    );
  });

  it('means the same before and after the API server has pruned it, filled it in and stored it', () => {
    let compared = 0;
    fc.assert(
      fc.property(changed(objectsOf(acceptedCases)), (object) => {
        const read = convertObject(object, { strict: true });
        const admitted = admit(object);
        if (read.kind !== 'object' || admitted.kind !== 'admitted' || isRenamed(object)) return;
        const stored = storedForm(admitted.object);
        if (stored.kind !== 'admitted') throw new Error(JSON.stringify(stored));
        const again = convertObject(stored.object, { strict: false });
        expect(again.kind === 'object' && again.object.spec).toEqual(read.object.spec);
        compared += 1;
      }),
      runs,
    );
    // Most edits break an object: about one in seven survives. Without any this would say nothing.
    expect(compared).toBeGreaterThan(40);
  });
});
