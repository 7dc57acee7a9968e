// A live leaderboard: the two best players, whenever they change.
import { Tidemark } from 'tidemark';

await using tide = await Tidemark.open();

const plays = tide.pushTable('plays', { columns: { player: 'STRING NOT NULL', points: 'INT NOT NULL' } });

const leaders = tide.query<{ place: bigint; player: string; score: number }>(`
  SELECT place, player, score FROM (
    SELECT player, score, ROW_NUMBER() OVER (ORDER BY score DESC) AS place
    FROM (SELECT player, SUM(points) AS score FROM plays GROUP BY player))
  WHERE place <= 2`);

const done = new Promise<void>((resolve) => {
  leaders.table$.subscribe({
    next: (board) => {
      const lines = board.toSorted((a, b) => Number(a.place - b.place));
      console.log(lines.map(({ place, player, score }) => `${place}. ${player} ${score}`).join('   '));
    },
    complete: resolve,
  });
});

await plays.push([
  { player: 'noor', points: 40 },
  { player: 'ilya', points: 35 },
  { player: 'ade', points: 50 },
]);
plays.end();
await done;
