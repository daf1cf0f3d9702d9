// Counts the questions answered right at the first try. The answers work without this script; nothing is remembered.
for (const quiz of document.querySelectorAll(".check-yourself")) {
  const questions = [...quiz.querySelectorAll(".question")];
  const score = Object.assign(document.createElement("p"), { className: "score" });
  score.setAttribute("role", "status");
  const again = Object.assign(document.createElement("button"), {
    type: "button", className: "again", textContent: "Start again", hidden: true,
  });
  const foot = Object.assign(document.createElement("div"), { className: "quiz-foot" });
  foot.append(score, again);
  quiz.append(foot);

  const tell = () => {
    const answered = questions.filter((question) => question.dataset.first);
    const right = answered.filter((question) => question.dataset.first === "right").length;
    again.hidden = answered.length === 0;
    score.textContent = answered.length === 0
      ? "Choose an answer to see what it means."
      : `${right} of ${questions.length} right at the first try` +
        (answered.length < questions.length ? `, ${questions.length - answered.length} to go.` : ".");
  };

  for (const question of questions) {
    for (const answer of question.querySelectorAll("details.answer")) {
      answer.addEventListener("toggle", () => {
        if (!answer.open || question.dataset.first) return;
        question.dataset.first = answer.classList.contains("right") ? "right" : "wrong";
        answer.classList.add("chosen");
        tell();
      });
    }
  }

  again.addEventListener("click", () => {
    for (const question of questions) delete question.dataset.first;
    for (const answer of quiz.querySelectorAll("details.answer")) {
      answer.open = false;
      answer.classList.remove("chosen");
    }
    tell();
    quiz.querySelector("summary").focus();
  });
  tell();
}
