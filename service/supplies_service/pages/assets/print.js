// Open the browser's print dialog for the paper of a page, in a frame that is not seen.
const link = document.querySelector("a[data-print]");
if (link) {
  const frame = document.createElement("iframe");
  frame.className = "printed";
  frame.title = link.textContent;
  frame.src = link.href;
  frame.addEventListener("load", () => {
    try {
      frame.contentWindow.focus();
      frame.contentWindow.print();
    } catch {
      link.focus();
    }
  });
  document.body.append(frame);
}
