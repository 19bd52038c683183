/** The page at `/`, as text. */
export interface Choice {
  readonly unicode: string;
  readonly shortcode: string;
}

export interface Standing extends Choice {
  readonly votes: number;
}

export interface PageContent {
  readonly choices: readonly Choice[];
  /** Most votes first. */
  readonly standings: readonly Standing[];
  /** What could not be had, for instance `voting: PERMISSION_DENIED`. */
  readonly problems: readonly string[];
}

export function page({ choices, standings, problems }: PageContent): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Emoji vote</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color: #1d2430; background: #fff }
button { font-size: 1.75rem; line-height: 1; padding: .4rem; border: 1px solid #c9d0db; border-radius: .4rem; background: #fff; cursor: pointer }
button:hover, button:focus-visible { border-color: #2b5fd9 }
.ballot { display: flex; flex-wrap: wrap; gap: .4rem }
.problem { border-left: 4px solid #c0392b; padding: .3rem .8rem; background: #fdf1ef }
td { padding: .1rem 1rem .1rem 0 } td.votes { text-align: right; font-variant-numeric: tabular-nums }
@media (prefers-color-scheme: dark) { body, button { color: #e6e9ef; background: #14181f } .problem { background: #35201e } }
</style>
</head>
<body>
<h1>Vote for an emoji</h1>
<div id="message" role="status">${problems.map((problem) => `<p class="problem">${escapeHtml(problem)}</p>`).join('')}</div>
<div class="ballot">
${choices.map(button).join('\n')}
</div>
<h2>Leaderboard</h2>
${standings.length === 0 ? '<p>No votes so far.</p>' : `<table><tbody>\n${standings.map(row).join('\n')}\n</tbody></table>`}
<script>
for (const button of document.querySelectorAll('button')) {
  button.addEventListener('click', async () => {
    const answer = await fetch('/api/vote?choice=' + encodeURIComponent(button.value), { method: 'POST' });
    if (answer.ok) return location.reload();
    const problem = document.createElement('p');
    problem.className = 'problem';
    problem.textContent = (await answer.json().catch(() => ({ error: 'HTTP ' + answer.status }))).error;
    document.getElementById('message').replaceChildren(problem);
  });
}
</script>
</body>
</html>
`;
}

function button({ unicode, shortcode }: Choice): string {
  const name = escapeHtml(shortcode);
  return `<button value="${name}" title="${name}" aria-label="vote for ${name}">${escapeHtml(unicode)}</button>`;
}

function row({ unicode, shortcode, votes }: Standing): string {
  return `<tr><td>${escapeHtml(unicode)}</td><td>${escapeHtml(shortcode)}</td><td class="votes">${votes}</td></tr>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
