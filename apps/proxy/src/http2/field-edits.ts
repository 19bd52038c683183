import { http2Field, latin1OfText, type Http2Field } from '@doorward/http';
import type { HeaderEdits } from '../filter/apply-filters.js';

/** A field list that filters change; what they change is not checked here. */
export class FieldEdits implements HeaderEdits {
  #fields: Http2Field[];

  constructor(fields: readonly Http2Field[]) {
    this.#fields = [...fields];
  }

  get fields(): readonly Http2Field[] {
    return this.#fields;
  }

  append(name: string, value: string): void {
    this.#fields.push(http2Field(name, latin1OfText(value)));
  }

  set(name: string, value: string): void {
    this.drop(name);
    this.append(name, value);
  }

  drop(name: string): void {
    const dropped = canonical(name);
    this.#fields = this.#fields.filter((field) => canonical(field.name) !== dropped);
  }
}

/** Gateways that turn `-` into `_` read both spellings as one name, so both go. */
const canonical = (name: string): string => name.replaceAll('_', '-');
