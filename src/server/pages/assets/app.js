// The app: a form that is being sent is not sent again.

const form = document.getElementById("history");
form.addEventListener("submit", (event) => {
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "true";
});
// A page that the browser brings back may be sent once more.
window.addEventListener("pageshow", () => delete form.dataset.sent);
