// Before the first paint, so that the page does not jump: is the list of conversations folded away? folding.js. No module, which
// would come too late.
try {
  document.documentElement.toggleAttribute("data-folded", localStorage.getItem("brook:folded") !== null);
} catch {
  // Storage is forbidden: nothing is remembered.
}
