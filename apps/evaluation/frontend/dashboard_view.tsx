/** All panels of a campaign, kept up to date while one looks at them. */

import { useEffect, useMemo, useState } from "preact/hooks";

import { lately } from "../../core/frontend/times";
import { Act, Commands, PersonActions, Reopen } from "./actions";
import { AgreementPanel } from "./agreement_panel";
import type { PanelName, Panels } from "./contract";
import { CategoriesPanel, OverturnsPanel } from "./errors_panel";
import { LeasesPanel } from "./leases_panel";
import { PacePanel } from "./pace_panel";
import { PeoplePanel } from "./people_panel";
import { PlacesPanel } from "./places_panel";
import { keepPanels } from "./polling";
import { ProgressPanel } from "./progress_panel";
import { Notices, Summary, type Known } from "./summary";
import { Young } from "./young";

interface DashboardProps {
  readonly urls: Readonly<Record<PanelName, string>>;
  /** Of the campaign's API; null for those who look on. */
  readonly campaignUrl: string | null;
  readonly reload: () => void;
}

interface Said {
  readonly sentence: string;
  readonly isTrouble: boolean;
}

export function Dashboard({ urls, campaignUrl, reload }: DashboardProps) {
  const [known, setKnown] = useState<Known>({});
  const [answers, setAnswers] = useState(true);
  const [said, setSaid] = useState<Said | null>(null);
  const wake = useMemo(() => new EventTarget(), []);
  const commands = useMemo(() => {
    const say = (sentence: string, isTrouble: boolean) => setSaid({ sentence, isTrouble });
    const look = () => void wake.dispatchEvent(new Event("look"));
    const ask = (question: string) => window.confirm(question);
    return campaignUrl === null ? null : new Commands(campaignUrl, say, look, ask);
  }, [campaignUrl, wake]);
  useEffect(() => {
    const leaving = new AbortController();
    const listener = {
      onPanel: <Name extends PanelName>(name: Name, body: Panels[Name]) =>
        setKnown((before) => ({ ...before, [name]: body })),
      onContact: setAnswers,
      onGone: reload,
    };
    keepPanels(urls, listener, leaving.signal, wake).catch((error: unknown) => {
      if (!leaving.signal.aborted) {
        throw error;
      }
    });
    return () => leaving.abort();
  }, [urls, reload, wake]);
  return (
    <>
      <Freshness known={known} answers={answers} />
      <div class="said-place" role="status">
        {said !== null && (
          <p class={`said ${said.isTrouble ? "said--trouble" : ""}`}>{said.sentence}</p>
        )}
      </div>
      {known.progress === undefined ? (
        <p class="panel panel__words">The figures are being made; they appear in a moment.</p>
      ) : (
        <AllPanels known={known} urls={urls} commands={commands} />
      )}
    </>
  );
}

function Freshness({ known, answers }: { readonly known: Known; readonly answers: boolean }) {
  const made = known.progress?.made_at;
  // Only that the server is lost is read out; the element for it is there before.
  return (
    <>
      <div role="status">
        {!answers && (
          <p class="freshness freshness--lost">The server does not answer; it is asked again.</p>
        )}
      </div>
      {answers && (
        <p class="freshness">
          {made === undefined ? "Loading…" : `Live · figures of ${lately(made)}`}
        </p>
      )}
    </>
  );
}

interface AllPanelsProps {
  readonly known: Known;
  readonly urls: DashboardProps["urls"];
  readonly commands: Commands | null;
}

export function AllPanels({ known, urls, commands }: AllPanelsProps) {
  const { progress, pace, annotators, agreement, categories, overturns, places, leases } = known;
  const isYoung = progress?.votes === 0;
  return (
    <>
      <Summary known={known} />
      <Notices known={known} />
      <div class="panels">
        {isYoung && <Young />}
        {progress && !isYoung && <ProgressPanel progress={progress} file={urls.progress} />}
        {pace && !isYoung && <PacePanel pace={pace} file={urls.pace} />}
        {annotators && (
          <PeoplePanel
            annotators={annotators}
            file={urls.annotators}
            actions={
              commands &&
              ((person, others) => (
                <PersonActions commands={commands} person={person} others={others} />
              ))
            }
          />
        )}
        {agreement && !isYoung && <AgreementPanel agreement={agreement} file={urls.agreement} />}
        {categories && overturns && !isYoung && (
          <div class="panel-stack">
            <CategoriesPanel categories={categories} file={urls.categories} />
            <OverturnsPanel overturns={overturns} file={urls.overturns} />
          </div>
        )}
        {places && !isYoung && <PlacesPanel places={places} file={urls.places} />}
        {leases && (
          <LeasesPanel
            leases={leases}
            file={urls.leases}
            tools={commands && <Reopen commands={commands} />}
            actions={
              commands &&
              ((lease) => (
                <Act
                  act={() => commands.takeBack(lease)}
                  of={`page ${lease.page}`}
                  title={`Take page ${lease.page} back, for everybody`}
                >
                  Take back
                </Act>
              ))
            }
          />
        )}
      </div>
    </>
  );
}
