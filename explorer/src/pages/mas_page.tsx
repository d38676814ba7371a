import type { ReactNode } from 'react';
import { explorerPaths, type MasApp, type MasPage, type MasPolicy } from '../../../policies/explorer_wire.ts';
import { counted, dateAndClock } from '../format.ts';
import { LiveView } from '../live/live_view.tsx';
import { useLive } from '../live/use_live.ts';
import { BlockedList } from '../parts/blocked_list.tsx';
import { Fact } from '../parts/fact.tsx';
import { Link } from '../parts/link.tsx';
import { Panel } from '../parts/panel.tsx';
import { MasStatus } from '../parts/systems_table.tsx';
import { Clipped, Id, Json, Name } from '../parts/text.tsx';
import { Counts } from '../parts/verdict.tsx';
import { addresses } from '../route.ts';
import { checkSentence } from '../words.ts';

export function MasView({ mas }: { readonly mas: string }): ReactNode {
  const live = useLive<MasPage>(explorerPaths.mas(mas));
  return (
    <LiveView live={live} what="system">
      {(page) => (
        <>
          <MasHeading page={page} />
          <div className="columns">
            <div className="stack">
              <Panel title="Apps" aside={counted(page.members.length, 'app', 'apps')}>
                <Apps members={page.members} />
              </Panel>
              <Panel title="Policies" aside={counted(page.policies.length, 'CASAPolicy', 'CASAPolicies')}>
                <Policies policies={page.policies} />
              </Panel>
            </div>
            <div className="stack">
              <Panel title="Checks">
                <Checks page={page} />
              </Panel>
              <Panel title="Blocked lately">
                <BlockedList calls={page.blocked} />
              </Panel>
            </div>
          </div>
        </>
      )}
    </LiveView>
  );
}

function MasHeading({ page }: { readonly page: MasPage }): ReactNode {
  return (
    <header className="heading">
      <h1>
        <Name of={page.display_name} /> <MasStatus system={page} />
      </h1>
      <dl className="facts">
        <Fact label="Name">
          <Name of={page.mas} code />
        </Fact>
        <Fact label="Revision">
          <Id of={page.revision} /> {dateAndClock(page.updated_at)}
        </Fact>
        <Fact label="LLM">{page.llm.length === 0 ? 'none' : <Name of={page.llm.join(', ')} code />}</Fact>
        <Fact label="Lifetimes">
          token {page.token_ttl_seconds ?? '–'} s, session {page.session_ttl_seconds ?? '–'} s
        </Fact>
        <Fact label="Calls">
          <Counts calls={page.calls} />
        </Fact>
      </dl>
      <p className="actions">
        <Link to={addresses.graph(page.mas)} className="button">
          Graph
        </Link>
        <Link to={addresses.sessionsOf(page.mas)} className="button">
          Sessions ({page.sessions_live} live)
        </Link>
      </p>
    </header>
  );
}

const typeWords = { agent: 'agent', client: 'client', mcp_server: 'MCP server' } as const;

function Apps({ members }: { readonly members: readonly MasApp[] }): ReactNode {
  return (
    <ul className="apps">
      {members.map((app) => (
        <li key={app.name}>
          <p className="app-head">
            <strong>
              <Name of={app.name} />
            </strong>
            <span className={`tag ${app.type}`}>{typeWords[app.type]}</span>
            {app.takes_prompts && <span className="tag">takes prompts</span>}
            {app.enforcement === 'Audit' && <span className="badge would_block">! Audit</span>}
            <code className="dim">{app.address}</code>
          </p>
          <p className="dim">
            {app.callees.length === 0 ? 'calls no app' : `may call ${app.callees.join(', ')}`}
            {app.protocols.length > 0 && ` by ${app.protocols.join(', ')}`} · policy {app.policies.join(', ')}
          </p>
          {app.tools.length > 0 && <Tools app={app} />}
        </li>
      ))}
    </ul>
  );
}

function Tools({ app }: { readonly app: MasApp }): ReactNode {
  return (
    <details>
      <summary>{counted(app.tools.length, 'tool', 'tools')}</summary>
      <table>
        <tbody>
          {app.tools.map((tool) => (
            <tr key={tool.name}>
              <th scope="row">
                <Name of={tool.name} code />
              </th>
              <td>{tool.reads_only ? 'reads' : 'acts'}</td>
              <td>
                <Clipped text={tool.description} clipAt={160} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function Checks({ page }: { readonly page: MasPage }): ReactNode {
  return (
    <ul className="checks">
      {page.checks.map(({ check, enabled }) => (
        <li key={check} className={enabled ? 'on' : 'off'}>
          <span className={enabled ? 'badge allowed' : 'badge off'}>{enabled ? '✓ on' : '– off'}</span>
          <span>
            {checkSentence(check)}
            <br />
            <code>{check}</code>
          </span>
        </li>
      ))}
    </ul>
  );
}

function Policies({ policies }: { readonly policies: readonly MasPolicy[] }): ReactNode {
  if (policies.length === 0)
    return <p className="empty">None: every workload has the policy that its system implies.</p>;
  return (
    <ul className="apps">
      {policies.map((policy) => (
        <li key={policy.name}>
          <p className="app-head">
            <strong>
              <Name of={policy.name} />
            </strong>
            <span className="dim">
              for <Name of={policy.target} />
            </span>
            {policy.enforcement === 'Audit' && <span className="badge would_block">! Audit</span>}
          </p>
          <details>
            <summary>spec</summary>
            <Json value={policy.spec} clipAt={4000} />
          </details>
        </li>
      ))}
    </ul>
  );
}
