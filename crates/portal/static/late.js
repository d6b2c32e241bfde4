// An answer that this phone still keeps when the test is over has come too late: the page says so, and it is kept no
// longer.
const KEY = "tes";
const told = document.querySelector("[data-late]");
if (localStorage.getItem(KEY)) {
  localStorage.removeItem(KEY);
  told.hidden = false;
}
