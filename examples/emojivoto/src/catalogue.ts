/** The emoji one can vote for: what the emoji service lists and the voting service accepts. */
export interface CatalogueEntry {
  readonly unicode: string;
  readonly shortcode: string;
}

/** In the order the page shows them. */
export const catalogue: readonly CatalogueEntry[] = [
  { unicode: '🍩', shortcode: ':doughnut:' },
  { unicode: '💩', shortcode: ':poop:' },
  { unicode: '😂', shortcode: ':joy:' },
  { unicode: '👻', shortcode: ':ghost:' },
  { unicode: '🚪', shortcode: ':door:' },
  { unicode: '🔑', shortcode: ':key:' },
  { unicode: '🔒', shortcode: ':lock:' },
  { unicode: '🦀', shortcode: ':crab:' },
  { unicode: '🐙', shortcode: ':octopus:' },
  { unicode: '🦉', shortcode: ':owl:' },
  { unicode: '🐢', shortcode: ':turtle:' },
  { unicode: '🦄', shortcode: ':unicorn:' },
  { unicode: '🌮', shortcode: ':taco:' },
  { unicode: '🥐', shortcode: ':croissant:' },
  { unicode: '🍕', shortcode: ':pizza:' },
  { unicode: '🍣', shortcode: ':sushi:' },
  { unicode: '☕', shortcode: ':coffee:' },
  { unicode: '🫖', shortcode: ':teapot:' },
  { unicode: '🌈', shortcode: ':rainbow:' },
  { unicode: '🌻', shortcode: ':sunflower:' },
  { unicode: '🌵', shortcode: ':cactus:' },
  { unicode: '🚲', shortcode: ':bike:' },
  { unicode: '🚀', shortcode: ':rocket:' },
  { unicode: '🎈', shortcode: ':balloon:' },
  { unicode: '🎲', shortcode: ':game_die:' },
  { unicode: '🧦', shortcode: ':socks:' },
  { unicode: '🤖', shortcode: ':robot:' },
  { unicode: '🙈', shortcode: ':see_no_evil:' },
];

const byShortcode: ReadonlyMap<string, CatalogueEntry> = new Map(catalogue.map((entry) => [entry.shortcode, entry]));

export function findByShortcode(shortcode: string): CatalogueEntry | undefined {
  return byShortcode.get(shortcode);
}

/** Another one each day (UTC), the same for everybody. `nowMs` is milliseconds since the epoch, as Date.now gives. */
export function emojiOfTheDay(nowMs: number): CatalogueEntry {
  const day = Math.floor(nowMs / 86_400_000);
  // 11 has no divisor in common with the catalogue's length, so every entry gets its day and neighbours aren't alike.
  const entry = catalogue[(day * 11) % catalogue.length];
  if (entry === undefined) throw new RangeError(`no emoji for ${nowMs} ms since the epoch`);
  return entry;
}
