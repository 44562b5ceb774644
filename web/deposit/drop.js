// Areas into which files are dropped. Each contains a file field, which does the same by keyboard and without dragging.

import { droppedFiles } from './dropped.js';

/** Connects the area around a file field: `take` gets `[{ file, path }]`, and the paths of what was dropped and cannot be read. */
export function connectDrop(input, take) {
  const zone = input.closest('.zone');
  input.addEventListener('change', () => {
    const files = [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
    // The same file can be chosen again.
    input.value = '';
    if (files.length > 0) take(files, []);
  });
  zone.addEventListener('dragover', (event) => {
    event.preventDefault();
    zone.classList.add('over');
  });
  zone.addEventListener('dragleave', () => zone.classList.remove('over'));
  zone.addEventListener('drop', async (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    const { files, unreadable } = await droppedFiles(event.dataTransfer);
    if (files.length + unreadable.length > 0) take(files, unreadable);
  });
}

// A file that is dropped beside an area must not replace the page.
for (const kind of ['dragover', 'drop']) window.addEventListener(kind, (event) => event.preventDefault());
