// Questions with an answer to predict first: look, commit to an answer, see. The numbers come from facts.json.
import { make } from "../touch/frame.js";

export class Questions {
  constructor(app) {
    this.app = app;
    this.element = make("div", { class: "questions" });
  }
}
