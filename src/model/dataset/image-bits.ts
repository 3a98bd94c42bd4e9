/**
 * @file A number of 32 bits for each of very many images, by their names.
 *
 * The challenge names its 752,803 images `ID_` and nine hexadecimal digits: such a name is kept as the number it is, in
 * typed arrays, at some forty bytes an image with the room to grow. Any other name goes to a map.
 */

/** Lower-case only, so that the number gives the name back. */
const NUMBERED = /^ID_[0-9a-f]{9}$/;
const PREFIX = "ID_";
const DIGITS = 9;
const FIRST_CAPACITY = 1024;
const HIGH = 2 ** 32;

/** The number of a numbered name; null for another. */
const numberOf = (name: string): number | null =>
  NUMBERED.test(name) ? parseInt(name.slice(PREFIX.length), 16) : null;

export class ImageBits {
  readonly #named = new Map<string, number>();
  #numbers = new Float64Array(FIRST_CAPACITY);
  #bits = new Uint32Array(FIRST_CAPACITY);
  #count = 0;
  /** Hash table with open addressing, at most half full: place in `#numbers` plus one, 0 for none. */
  #table = new Uint32Array(2 * FIRST_CAPACITY);

  get size(): number {
    return this.#count + this.#named.size;
  }

  /** The bits of an image; undefined for one that was never set. */
  get(name: string): number | undefined {
    const number = numberOf(name);
    if (number === null) return this.#named.get(name);
    const place = this.#table[this.#slotOf(number)] ?? 0;
    return place === 0 ? undefined : this.#bits[place - 1];
  }

  set(name: string, bits: number): void {
    const number = numberOf(name);
    if (number === null) {
      // A new name is copied: a slice would keep the whole text alive that it was cut from.
      const key = this.#named.has(name) ? name : Buffer.from(name).toString();
      this.#named.set(key, bits);
      return;
    }
    const slot = this.#slotOf(number);
    const place = this.#table[slot] ?? 0;
    if (place > 0) {
      this.#bits[place - 1] = bits;
      return;
    }
    this.#numbers[this.#count] = number;
    this.#bits[this.#count] = bits;
    this.#count += 1;
    this.#table[slot] = this.#count;
    if (this.#count === this.#numbers.length) this.#grow();
  }

  /** All names: numbered ones in the order they came, then the others. */
  *names(): Generator<string, undefined> {
    for (const number of this.#numbers.subarray(0, this.#count))
      yield `${PREFIX}${number.toString(16).padStart(DIGITS, "0")}`;
    yield* this.#named.keys();
  }

  /** Where a number stands in the table, or would. */
  #slotOf(number: number): number {
    const mask = this.#table.length - 1;
    let hash = Math.imul((number % HIGH) ^ Math.imul(Math.floor(number / HIGH), 0x9e3779b1), 0x85ebca6b);
    hash ^= hash >>> 15;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = this.#table[slot] ?? 0;
      if (place === 0 || this.#numbers[place - 1] === number) return slot;
    }
  }

  #grow(): void {
    const capacity = 2 * this.#numbers.length;
    const [numbers, bits] = [new Float64Array(capacity), new Uint32Array(capacity)];
    numbers.set(this.#numbers);
    bits.set(this.#bits);
    this.#numbers = numbers;
    this.#bits = bits;
    this.#table = new Uint32Array(2 * capacity);
    for (let place = 0; place < this.#count; place++)
      this.#table[this.#slotOf(numbers[place] ?? 0)] = place + 1;
  }
}
