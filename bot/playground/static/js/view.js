// The one place that names the vendored library: everything else imports the view functions from here.
export {
  Component, h, html, render, useEffect, useLayoutEffect, useMemo, useRef, useState,
} from "../vendor/htm-preact-standalone.module.js";
