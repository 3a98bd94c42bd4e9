/**
 * @file The page's entry: styles, the session, the app.
 */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./app.tsx";
import { startSession } from "./state/session.ts";
import "./styles/base.css";
import "./styles/charts.css";
import "./styles/dashboard.css";
import "./styles/frame.css";
import "./styles/list.css";
import "./styles/simulator.css";
import "./styles/study.css";
import "./styles/viewer.css";
import "./styles/notifications.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root.");
startSession();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
