import { z } from 'zod';

/**
 * A list of at most `max` entries. zod's own `max` looks at the length first and then at nothing else, so that the entries of a
 * list that is too long would go unread, and a door that forgives lengths would take them for what they are not.
 */
export const boundedList = <S extends z.ZodType>(entry: S, max: number) =>
  z
    .array(entry)
    .superRefine((list, context) => {
      if (list.length > max)
        context.addIssue({ code: 'too_big', origin: 'array', maximum: max, inclusive: true, input: list });
    })
    .meta({ maxItems: max });
