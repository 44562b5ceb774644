// What the deposit page does with a choice of files, apart from the page itself.

/** How long the stop button is inactive after the start, in milliseconds: longer than a double click takes. */
export const STOP_GUARD_MS = 1_000;

const order = new Intl.Collator('zh-CN', { numeric: true });

/** Files by their paths as people sort them: 2.pdf before 10.pdf, and each folder's files together. */
export function byPath(entries) {
  const parts = new Map(entries.map((entry) => [entry, entry.path.split('/')]));
  return [...entries].sort((one, other) => {
    const [first, second] = [parts.get(one), parts.get(other)];
    for (let at = 0; at < Math.min(first.length, second.length); at += 1) {
      // What lies in a folder itself comes before what lies in its folders.
      const depth = Number(at < first.length - 1) - Number(at < second.length - 1);
      const found = depth || order.compare(first[at], second[at]);
      if (found !== 0) return found;
    }
    return first.length - second.length;
  });
}
