// The few lines of script that are the book's own; nothing on a page needs them to be read.

// Search results quote each page, which means fetching it. A browser forbids that to a page opened
// from disk, so there the results come without quotations.
if (window.location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
