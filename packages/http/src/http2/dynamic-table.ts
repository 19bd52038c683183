import { fieldSize, type Http2Field } from './header-list.js';

/** The decoder's memory of earlier fields (RFC 7541 §2.3.2, §4). Its size is bounded by what we announced. */
export class DynamicTable {
  /** Newest first. At 4,096 bytes and 32 an entry there are at most 128. */
  readonly #entries: Http2Field[] = [];
  #size = 0;
  #maxSize: number;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  /** `index` 0 is the newest. */
  get(index: number): Http2Field | undefined {
    return this.#entries[index];
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  resize(maxSize: number): void {
    this.#maxSize = maxSize;
    this.#evict(0);
  }

  /** A field larger than the table empties it; that is no error (RFC 7541 §4.4). */
  add(field: Http2Field): void {
    const size = fieldSize(field.name, field.value);
    this.#evict(size);
    if (size > this.#maxSize) return;
    this.#entries.unshift(field);
    this.#size += size;
  }

  #evict(room: number): void {
    while (this.#size + room > this.#maxSize) {
      const oldest = this.#entries.pop();
      if (oldest === undefined) return;
      this.#size -= fieldSize(oldest.name, oldest.value);
    }
  }
}
