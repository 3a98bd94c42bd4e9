/**
 * @file The frame around the list and the study: banner, header, notices, dialogs, and the keys of both.
 */
import { useEffect, useState } from "react";

import { Header } from "./parts/header.tsx";
import { KeySheet } from "./parts/key-sheet.tsx";
import { NameDialog } from "./parts/name-dialog.tsx";
import { Notices } from "./parts/notices.tsx";
import { useNews } from "./parts/news.ts";
import { Worklist } from "./list/worklist.tsx";
import { onNameNeeded } from "./state/actions.ts";
import { lastOpenedUid, useRoute } from "./state/route.ts";
import { useKeys } from "./keys.ts";
import { StudyPage } from "./viewer/study-page.tsx";

type Dialog = "none" | "keys" | "name";

export function App() {
  const uid = useRoute();
  const [dialog, setDialog] = useState<Dialog>("none");
  const [afterName, setAfterName] = useState<() => void>();
  const news = useNews(uid);

  useEffect(() => {
    onNameNeeded((then) => {
      setAfterName(() => then);
      setDialog("name");
    });
  }, []);
  useKeys({ "?": () => setDialog("keys") });

  return (
    <div className={uid === null ? "app" : "app has-study"}>
      <p className="banner" role="note">
        Research use only — not for diagnosis
      </p>
      <Header
        isStudyOpen={uid !== null}
        onName={() => {
          setAfterName(undefined);
          setDialog("name");
        }}
        onKeys={() => setDialog("keys")}
      />
      <main className="main">
        {uid === null ? <Worklist initialUid={lastOpenedUid()} /> : <StudyPage uid={uid} />}
      </main>
      <Notices />
      <p className="visually-hidden" aria-live="polite">
        {news}
      </p>
      {dialog === "keys" && <KeySheet onClose={() => setDialog("none")} />}
      {dialog === "name" && (
        <NameDialog
          onClose={(isGiven) => {
            setDialog("none");
            if (isGiven) afterName?.();
          }}
        />
      )}
    </div>
  );
}
