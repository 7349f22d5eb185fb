import type { FunnelQuestion } from '../funnel-answer.ts';
import { type FunnelContext, numbered, range } from './funnel-context.ts';
import {
  foundAttempts,
  foundSql,
  hasBest,
  mayBeOut,
  mayBeProvisional,
  measuredSql,
  reachedColumns,
  tellsDepth,
  toldSql,
} from './funnel-measured.ts';
import { monthCountsSql, monthLevelsSql, monthsReading } from './funnel-months.ts';
import { type Sql, sql, sqlInteger } from './quote.ts';
import { render, type Scope } from './template.ts';

/** SELECT of the attempts that count, one a person (or whatever is counted) and breakdown value. */
export function peopleSql(context: FunnelContext, question: FunnelQuestion): Sql {
  return isMarked(context, question)
    ? markedSql(context, question)
    : chosenSql(context, question, measuredSql(context, question), true);
}

/** Only the people who got past step 1, where `tellsDepth`: without who is provisional, which other attempts decide too. */
export function deepPeopleSql(context: FunnelContext, question: FunnelQuestion): Sql {
  const settled = { ...question, settledUntil: Number.MAX_SAFE_INTEGER };
  return chosenSql(context, settled, toldSql(context, question, 'deep'), false);
}

function chosenSql(
  context: FunnelContext,
  question: FunnelQuestion,
  measured: Sql,
  merging: boolean,
): Sql {
  const choosing = context.funnel.count_by !== 'attempt';
  const lastStart = (choosing && merging ? 'last_started_at' : 'started_at') as Sql;
  return render(context.text('questions/funnel_people'), {
    measured,
    by: breakdownNames(question),
    reached: reachedColumns(context.funnel),
    choosing,
    merging,
    provisional: provisionalSql(context, question, 'depth' as Sql, lastStart),
  });
}

/** Whether the attempts are those of funnel_attempts_best.sql within one chain a person. */
function isMarked(context: FunnelContext, question: FunnelQuestion): boolean {
  const oneChain = context.funnel.hold_constant.length === 0 && !question.includeBots;
  return oneChain && hasBest(context, question);
}

function markedSql(context: FunnelContext, question: FunnelQuestion): Sql {
  return render(context.text('questions/funnel_marked'), {
    attempts: foundAttempts(context, question, 'best'),
    reached: reachedColumns(context.funnel),
    steps: sqlInteger(context.funnel.steps.length),
    provisional: provisionalSql(context, question, 'max(depth)' as Sql, 'max(started_at)' as Sql),
  });
}

/** SELECT of how deep each person came, without the attempt in which it was. */
function levelsSql(context: FunnelContext, question: FunnelQuestion): Sql {
  const measured = depthsSql(context, question);
  if (context.funnel.count_by === 'attempt') {
    return sql`SELECT levels.*, ${provisionalSql(context, question, 'depth' as Sql, 'started_at' as Sql)} AS provisional
FROM (
${measured}
) AS levels`;
  }
  return render(context.text('questions/funnel_levels'), {
    measured,
    by: breakdownNames(question),
    may_be_out: mayBeOut(context.funnel),
    provisional: provisionalSql(context, question, 'max(depth)' as Sql, 'max(started_at)' as Sql),
  });
}

/** SELECT of rows that tell how deep a person came, one or several a person. */
function depthsSql(context: FunnelContext, question: FunnelQuestion): Sql {
  if (monthsReading(context, question) !== null) return monthLevelsSql(context, question);
  const told = tellsDepth(context, question) || hasBest(context, question);
  return told ? toldSql(context, question, 'depths') : measuredSql(context, question);
}

/** SELECT of how many people reached each step, and how many of them are provisional. */
export function countsSql(context: FunnelContext, question: FunnelQuestion): Sql {
  if (monthsReading(context, question) === 'counts') return monthCountsSql(context, question);
  if (isMarked(context, question) && !mayBeProvisional(context.funnel, question)) {
    return foundSql(context, question, 'counts');
  }
  return render(context.text('questions/funnel_counts'), {
    levels: levelsSql(context, question),
    by: breakdownNames(question),
    numbers: range(1, context.funnel.steps.length).map((m) => ({ m: sqlInteger(m) })),
  });
}

/** Columns by_1, by_2, … of the breakdown. */
export function breakdownNames(question: FunnelQuestion): Scope[] {
  return question.breakdown.map((_, i) => ({ name: numbered('by_', i + 1) }));
}

/** 1 where the window of the latest start is open and steps are left. */
function provisionalSql(
  { funnel }: FunnelContext,
  question: FunnelQuestion,
  depth: Sql,
  lastStart: Sql,
): Sql {
  if (!mayBeProvisional(funnel, question)) return '0' as Sql;
  const steps = sqlInteger(funnel.steps.length);
  const open = sql`${lastStart} + ${sqlInteger(funnel.window_ms)} >= ${sqlInteger(question.settledUntil ?? 0)}`;
  return sql`CASE WHEN ${depth} < ${steps} AND ${open} THEN 1 ELSE 0 END`;
}
