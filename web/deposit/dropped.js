// The files of a drop, those of folders too. What the browser cannot read is named and never left out silently.

const asPromise = (begin) => new Promise((resolve, reject) => begin(resolve, reject));

/** Adds all files below a dropped entry to `found`. */
async function addBelow(entry, before, found) {
  const path = `${before}${entry.name}`;
  try {
    if (entry.isFile) {
      found.files.push({ file: await asPromise((resolve, reject) => entry.file(resolve, reject)), path });
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      // A reader returns a part of the folder at a time.
      const entries = await asPromise((resolve, reject) => reader.readEntries(resolve, reject));
      if (entries.length === 0) return;
      for (const one of entries) await addBelow(one, `${path}/`, found);
    }
  } catch {
    found.unreadable.push(entry.isFile ? path : `${path}/`);
  }
}

/** The files of a drop, and the paths of files and folders that cannot be read: `{ files: [{ file, path }], unreadable: [path] }`. */
export async function droppedFiles(transfer) {
  // Both lists are empty after the first wait.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  const plain = [...transfer.files].map((file) => ({ file, path: file.name }));
  if (!entries.some((entry) => entry?.isDirectory)) return { files: plain, unreadable: [] };
  const found = { files: [], unreadable: [] };
  for (const entry of entries) if (entry !== null) await addBelow(entry, '', found);
  return found;
}
