// Python in a thread of its own: loads Pyodide from this site, then runs the cells that the page sends, in their order.
import { loadPyodide } from "./pyodide/pyodide.js";

const BASE = new URL("./", import.meta.url).href;
const DRAWS = /\b(matplotlib|plotting|plt)\b/; // code that calls for Matplotlib, which is as large as all the rest
const ENVIRONMENT = { HOME: "/home/pyodide", RNN_FIGURES: "svg", MPLBACKEND: "module://page_backend", PYTHONHASHSEED: "0" };
let python, runner, files, loaded = 0, expected = 0;

/** Count what is loaded, beside the loading itself, and tell when something is not: Pyodide would wait for ever. */
const load = self.fetch.bind(self);
let fail;
const failed = new Promise((_, reject) => (fail = reject));
failed.catch(() => {});
self.fetch = async (address, options) => {
  const name = String(address.url ?? address).split("/").pop();
  const answer = await load(address, options).catch(() => null);
  if (!answer?.ok) {
    const error = new Error(`${name} could not be loaded`);
    fail(error);
    throw error;
  }
  count(answer.clone().body.getReader());
  // A host that does not know .wasm sends it as bytes, which Pyodide would wait for without end.
  return /\.wasm\b/.test(name) ? new Response(answer.body, { headers: { "Content-Type": "application/wasm" } }) : answer;
};
async function count(reader) {
  for (let part; !(part = await reader.read().catch(() => ({ done: true }))).done; ) {
    loaded += part.value.byteLength;
    postMessage({ kind: "progress", loaded, expected: Math.max(expected, loaded) });
  }
}

/** Sizes of a package and of all that it needs, without those already counted. */
function expect(...names) {
  for (const name of names) {
    const entry = files.packages[name];
    if (!entry || entry.expected) continue;
    entry.expected = true;
    expected += entry.size;
    expect(...entry.depends);
  }
}

/** A host may forbid WebAssembly, which Python is in, by a header. Pyodide would say so in the console and wait for ever. */
function mayCompile() {
  try {
    return new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}

async function start(code) {
  if (!mayCompile()) throw new Error("this site's host forbids WebAssembly: its Content-Security-Policy needs script-src 'wasm-unsafe-eval'");
  files = await (await fetch(BASE + "files.json", { cache: "no-cache" })).json();
  expected = files.core;
  const packages = DRAWS.test(code) ? ["numpy", "matplotlib"] : ["numpy"];
  expect(...packages);
  const quiet = () => {};
  const options = { indexURL: BASE + "pyodide/", env: ENVIRONMENT, packages, stdout: quiet, stderr: quiet };
  const own = fetch(BASE + files.archives.rnn_utils).then((answer) => answer.arrayBuffer());
  const [made, archive] = await Promise.race([Promise.all([loadPyodide(options), own]), failed]);
  python = made;
  python.unpackArchive(archive, "zip", { extractDir: "/home/pyodide" });
  python.FS.chdir("/home/pyodide/book");
  python.registerJsModule("page_files", { read: readNow, names: Object.keys(files.archives) });
  python.runPython("import sys; sys.path.insert(0, '/home/pyodide'); import on_demand, faster_numpy, plain_tqdm; faster_numpy.install(); plain_tqdm.install()");
  runner = python.pyimport("cell_runner");
}

/** Read an archive of data at once: Python asks for it in the middle of an import, and cannot wait. */
function readNow(name) {
  const request = new XMLHttpRequest();
  request.open("GET", BASE + files.archives[name], false);
  request.responseType = "arraybuffer";
  request.send();
  if (request.status !== 200) throw new Error(`${name} could not be loaded (${request.status})`);
  return request.response;
}

async function run({ code, name }) {
  if (!runner) await start(code);
  if (DRAWS.test(code)) {
    expect("matplotlib");
    await Promise.race([python.loadPackage("matplotlib", { messageCallback: () => {} }), failed]);
  }
  postMessage({ kind: "started" });
  const from = performance.now();
  const result = runner.run(code, name, (kind, content) => postMessage({ kind, content }));
  const { ok, undefined: unknown } = result.toJs({ dict_converter: Object.fromEntries });
  result.destroy();
  postMessage({ kind: "done", ok, unknown, seconds: (performance.now() - from) / 1000 });
}

let last = Promise.resolve();
onmessage = ({ data }) => {
  last = last.then(() => run(data)).catch((error) => postMessage({ kind: "broken", content: String(error.message ?? error) }));
};
