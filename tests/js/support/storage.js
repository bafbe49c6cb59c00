// A browser's storage, in memory; `full` makes every write fail.
export class Storage {
  full = false;

  getItem(key) {
    return Object.hasOwn(this, key) ? this[key] : null;
  }

  setItem(key, value) {
    if (this.full) {
      throw new Error("QuotaExceededError");
    }
    this[key] = value;
  }

  removeItem(key) {
    delete this[key];
  }
}
