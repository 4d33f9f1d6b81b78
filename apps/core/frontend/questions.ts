/** Entry of pages with forms that the browser sends itself: `data-question` on a button is asked. */

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset["question"] ?? "";
  if (question !== "" && !window.confirm(question)) {
    event.preventDefault();
  }
});
