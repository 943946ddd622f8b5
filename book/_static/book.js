// The few lines of script that are the book's own; nothing on a page needs them to be read.

// Search results quote each page, which means fetching it. A browser forbids that to a page opened
// from disk, so there the results come without quotations.
if (window.location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

// Paper is white: what is printed has the light theme's colours, whatever the screen has.
{
  const { dataset } = document.documentElement;
  let onScreen = null; // the theme to come back to, while the page is printed
  const begin = () => {
    onScreen ??= dataset.theme; // most browsers say it twice
    dataset.theme = "light";
  };
  const end = () => {
    if (onScreen) dataset.theme = onScreen;
    onScreen = null;
  };
  addEventListener("beforeprint", begin);
  addEventListener("afterprint", end);
  matchMedia("print").addEventListener("change", ({ matches }) => (matches ? begin() : end()));
}
