// Load the page again while a job is running, so that its progress is shown.

const MILLISECONDS = 1500;

if (document.querySelector("[data-running]")) {
  setTimeout(() => location.reload(), MILLISECONDS);
}
