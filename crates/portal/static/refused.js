// This page answers a form that was refused. Without this, Back would lead to a page of the browser's own, which asks
// whether to send the form again; with it, to the question.
history.replaceState(null, "", location.href);
