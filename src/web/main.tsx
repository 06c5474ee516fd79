import { render } from "preact";
import { App } from "./page/app.tsx";

const container = document.getElementById("page");
if (container) render(<App />, container);
