// Which of highlight.js' languages is meant by the word behind a fence. Those that chat/static.py serves. Pure.

const LANGUAGES = new Set(
  `bash c cmake cpp csharp css dart delphi diff dockerfile elixir elm erlang fortran fsharp go gradle graphql groovy
  haskell http ini java javascript json julia kotlin latex less lisp lua makefile markdown matlab nginx nix objectivec
  ocaml perl php powershell prolog protobuf python r ruby rust scala scheme scss shell sql swift typescript vbnet vim
  wasm x86asm xml yaml`.split(/\s+/),
);

const ALSO_CALLED = {
  "c#": "csharp",
  "c++": "cpp",
  asm: "x86asm",
  cc: "cpp",
  cjs: "javascript",
  console: "shell",
  cs: "csharp",
  docker: "dockerfile",
  ex: "elixir",
  "f#": "fsharp",
  golang: "go",
  h: "c",
  hpp: "cpp",
  hs: "haskell",
  html: "xml",
  js: "javascript",
  json5: "json",
  jsonc: "json",
  jsx: "javascript",
  kt: "kotlin",
  make: "makefile",
  md: "markdown",
  mjs: "javascript",
  ml: "ocaml",
  objc: "objectivec",
  "objective-c": "objectivec",
  pascal: "delphi",
  patch: "diff",
  postgres: "sql",
  postgresql: "sql",
  proto: "protobuf",
  ps1: "powershell",
  py: "python",
  python3: "python",
  rb: "ruby",
  rs: "rust",
  sh: "bash",
  sqlite: "sql",
  svg: "xml",
  tex: "latex",
  toml: "ini",
  ts: "typescript",
  tsx: "typescript",
  vb: "vbnet",
  wat: "wasm",
  yml: "yaml",
  zsh: "bash",
};

/**
 * @param {string} word
 * @returns {string} highlight.js' name of it, or "" if we have none
 */
export function languageFor(word) {
  const name = word.toLowerCase();
  const known = Object.hasOwn(ALSO_CALLED, name) ? ALSO_CALLED[name] : name;
  return LANGUAGES.has(known) ? known : "";
}
