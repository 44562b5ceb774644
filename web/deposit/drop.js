// Areas into which files are dropped. Each contains a file field, which does the same by keyboard and without dragging.

/** All files below a dropped entry: `[{ file, path }]`. */
async function filesBelow(entry, before) {
  const path = `${before}${entry.name}`;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject)).catch(() => null);
    return file === null ? [] : [{ file, path }];
  }
  const reader = entry.createReader();
  const files = [];
  for (;;) {
    // A reader returns a part of the folder at a time.
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)).catch(() => []);
    if (entries.length === 0) return files;
    for (const one of entries) files.push(...(await filesBelow(one, `${path}/`)));
  }
}

/** The files of a drop, those of folders too. */
async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  const plain = [...transfer.files].map((file) => ({ file, path: file.name }));
  if (!entries.some((entry) => entry?.isDirectory)) return plain;
  const files = [];
  for (const entry of entries) if (entry !== null) files.push(...(await filesBelow(entry, '')));
  return files;
}

/** Connects the area around a file field: `take` gets `[{ file, path }]`. */
export function connectDrop(input, take) {
  const zone = input.closest('.zone');
  input.addEventListener('change', () => {
    const files = [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
    // The same file can be chosen again.
    input.value = '';
    if (files.length > 0) take(files);
  });
  zone.addEventListener('dragover', (event) => {
    event.preventDefault();
    zone.classList.add('over');
  });
  zone.addEventListener('dragleave', () => zone.classList.remove('over'));
  zone.addEventListener('drop', async (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    const files = await droppedFiles(event.dataTransfer);
    if (files.length > 0) take(files);
  });
}

// A file that is dropped beside an area must not replace the page.
for (const kind of ['dragover', 'drop']) window.addEventListener(kind, (event) => event.preventDefault());
