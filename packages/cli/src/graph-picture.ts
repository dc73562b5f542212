import type { PictureNode } from '@crpm/report';
import { readRecordedRuns } from './history.js';
import type { Cli, GlobalOptions } from './io.js';
import { pageStyle } from './page-assets.js';
import { openWorkspace } from './project.js';
import { workspaceName } from './report-file.js';

/** The graph as an SVG or as a page, with how each node fared when it was last looked at. */
export async function drawGraph(cli: Cli, options: GlobalOptions, format: 'svg' | 'html'): Promise<string> {
  const { project, workspace } = await openWorkspace(cli, options);
  const [{ lockFileOf, readLock }, { drawPicture, graphPage, layOutPicture }] = await Promise.all([import('@crpm/state'), import('@crpm/report')]);
  const nodes = [...project.graph.nodes.values()];
  const { nodes: histories } = readRecordedRuns(workspace, nodes.map(({ id }) => id), readLock(lockFileOf(workspace)));
  const drawn = nodes.map(({ id, group, title, needs }, index): PictureNode => {
    const { outcome, role, ran } = histories[index] ?? {};
    return {
      id, title, needs,
      ...(group === undefined ? {} : { group }),
      state: outcome ?? ran?.outcome ?? 'unknown',
      ...(role === undefined ? {} : { role }),
      ...(ran ? { ms: ran.ms } : {}),
    };
  });
  const title = `Graph of ${workspaceName(project.config)}`;
  return format === 'svg' ? drawPicture(drawn, await layOutPicture(drawn), { title, styled: true }).text : graphPage(drawn, title, pageStyle());
}
