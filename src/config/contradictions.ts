import { isJsonObject } from '../core/json.ts';
import type { ConfigDocument, ConfigPath } from './document.ts';
import { pathText } from './explain.ts';
import { nearest } from './nearest.ts';
import type { ConfigProblem } from './problems.ts';
import type { ScenarioSchema } from './schema.ts';

export interface ContradictionRules {
  /** Ids of the platforms that exist. */
  readonly platforms: readonly string[];
  /** The lab is what is drilled: only then may nodes be on the platform `lab`. */
  readonly lab: boolean;
  /** Names of all nodes of the lab, where it is what is drilled. */
  readonly labNodes: readonly string[] | undefined;
  readonly scenarios: readonly Pick<ScenarioSchema, 'id' | 'stops'>[];
  /** Scenarios that are left out because the lab has no such stack: it does not know their nodes either. */
  readonly lacking: readonly string[];
}

/**
 * What each value alone does not show: unknown platforms, two nodes of one name, passwords inside URLs, alerts that nobody
 * can see, alerts of a node that is not stopped, logs of a node that there is not.
 */
export function findContradictions(
  value: unknown,
  document: ConfigDocument,
  rules: ContradictionRules,
): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [
    ...unwatchedAlerts(value, document),
    ...alertsOfNobody(value, document, rules),
    ...logsOfNobody(value, document, rules),
  ];
  visit(value, [], (found, path) => {
    if (typeof found === 'string' && /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/i.test(found)) {
      problems.push({
        ...document.locate(path),
        text: `${pathText(path)} holds a user or password inside a URL: name them in settings of their own, secrets as { env: NAME } or { file: PATH }`,
      });
    }
    if (!isJsonObject(found)) return;
    if (typeof found.platform === 'string')
      problems.push(...platformProblems(found.platform, document, [...path, 'platform'], rules));
    if (Array.isArray(found.nodes)) problems.push(...twins(found.nodes, document, [...path, 'nodes']));
  });
  return problems;
}

/** An alert that nobody can see ends no drill: whoever named it believes otherwise. */
function unwatchedAlerts(value: unknown, document: ConfigDocument): readonly ConfigProblem[] {
  if (!isJsonObject(value) || !isJsonObject(value.abort)) return [];
  const { alerts } = value.abort;
  if (!Array.isArray(alerts) || alerts.length === 0) return [];
  if (value.prometheus !== undefined && value.alertmanager !== undefined) return [];
  return [
    {
      ...document.locate(['abort', 'alerts']),
      text: 'abort.alerts names alerts that end a drill, but prometheus and alertmanager are not both configured: nobody would see them fire',
    },
  ];
}

/** An alert of the second node never comes where a strike stops one: its gate could say nothing. */
function alertsOfNobody(
  value: unknown,
  document: ConfigDocument,
  { scenarios }: ContradictionRules,
): readonly ConfigProblem[] {
  return scenarios.flatMap(({ id, stops }) => {
    if (stops > 1) return [];
    return listIn(value, id, 'alerts').flatMap((alert, index): ConfigProblem[] => {
      if (!isJsonObject(alert) || alert.of !== 'second') return [];
      const path = ['scenarios', id, 'alerts', index, 'of'];
      return [
        {
          ...document.locate(path),
          text: `${pathText(path)} is second, and ${id} stops one node: write first or any`,
        },
      ];
    });
  });
}

/** In the lab every node is known, and what has a log of its own. Elsewhere a log may be followed that no scenario breaks the node of. */
function logsOfNobody(
  value: unknown,
  document: ConfigDocument,
  { labNodes, scenarios, lacking }: ContradictionRules,
): readonly ConfigProblem[] {
  if (labNodes === undefined) return [];
  const known = [...new Set([...labNodes, ...nodeNames(value), ...sourceNames(value)])];
  const here = scenarios.filter(({ id }) => !lacking.includes(id));
  return here.flatMap(({ id }) =>
    // The lab's own expectations may be of a stack that was left out: only what stands in the file is a mistake of it.
    listIn(document.value, id, 'logs').flatMap((log, index) => {
      const nodes: unknown = isJsonObject(log) ? log.nodes : undefined;
      return (Array.isArray(nodes) ? nodes : []).flatMap((name: unknown, at): ConfigProblem[] => {
        if (typeof name !== 'string' || known.includes(name)) return [];
        const path = ['scenarios', id, 'logs', index, 'nodes', at];
        const meant = nearest(name, known);
        const right = meant === undefined ? `known nodes: ${known.join(', ')}` : `did you mean ${meant}?`;
        return [{ ...document.locate(path), text: `${pathText(path)}: there is no node "${name}": ${right}` }];
      });
    }),
  );
}

/** A list in the settings of a scenario; empty where there is none. */
function listIn(value: unknown, scenario: string, key: 'alerts' | 'logs'): readonly unknown[] {
  const scenarios = isJsonObject(value) ? value.scenarios : undefined;
  const settings = isJsonObject(scenarios) ? scenarios[scenario] : undefined;
  const list = isJsonObject(settings) ? settings[key] : undefined;
  return Array.isArray(list) ? list : [];
}

/** Names of the nodes that the configuration names. */
function nodeNames(value: unknown): readonly string[] {
  const names: string[] = [];
  visit(value, [], (found) => {
    if (isJsonObject(found) && typeof found.platform === 'string' && typeof found.name === 'string')
      names.push(found.name);
  });
  return names;
}

/** Names whose log the configuration says where to find. */
function sourceNames(value: unknown): readonly string[] {
  const logs = isJsonObject(value) ? value.logs : undefined;
  return isJsonObject(logs) && isJsonObject(logs.nodes) ? Object.keys(logs.nodes) : [];
}

function visit(value: unknown, path: ConfigPath, look: (value: unknown, path: ConfigPath) => void): void {
  look(value, path);
  if (Array.isArray(value)) for (const [index, item] of value.entries()) visit(item, [...path, index], look);
  else if (isJsonObject(value)) for (const [key, item] of Object.entries(value)) visit(item, [...path, key], look);
}

function platformProblems(
  platform: string,
  document: ConfigDocument,
  path: ConfigPath,
  rules: ContradictionRules,
): readonly ConfigProblem[] {
  const at = document.locate(path);
  if (!rules.platforms.includes(platform)) {
    const meant = nearest(platform, rules.platforms);
    const right = meant === undefined ? `known platforms: ${rules.platforms.join(', ')}` : `did you mean ${meant}?`;
    return [{ ...at, text: `${pathText(path)}: unknown platform "${platform}": ${right}` }];
  }
  if (platform === 'lab' && !rules.lab) {
    return [
      {
        ...at,
        text: `${pathText(path)} is lab, but environment.kind is not: set environment.kind to lab, or name the platform these nodes are on`,
      },
    ];
  }
  return [];
}

function twins(nodes: readonly unknown[], document: ConfigDocument, path: ConfigPath): readonly ConfigProblem[] {
  const seen = new Set<unknown>();
  return nodes.flatMap((node, index) => {
    const name = isJsonObject(node) ? node.name : undefined;
    if (typeof name !== 'string') return [];
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [
      {
        ...document.locate([...path, index, 'name']),
        text: `${pathText(path)} names "${name}" twice: every node has a name of its own`,
      },
    ];
  });
}
