// A line to the server that a test speaks for: what it is told is in `said`, and `hears` and `dies` are the server.
export class Line {
  said = [];
  closed = false;

  say(command) {
    this.said.push(command);
  }

  close() {
    this.closed = true;
  }

  hears(event) {
    this.onevent(event);
  }

  dies(code = 1006) {
    this.onclose(code);
  }
}
