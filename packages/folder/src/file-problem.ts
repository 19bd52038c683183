import type { Problem, ResourceProblemCode } from '@doorward/resources';

/** A problem with a file or folder as a whole. */
export function fileProblem(code: ResourceProblemCode, file: string, message: string, help: string): Problem {
  return { code, severity: 'error', message, place: { file, line: 1, column: 1, length: 1, lineText: '' }, help };
}

/** What went wrong with a file or folder, for people. */
export function faultText(error: unknown): string {
  const code = errorCode(error) ?? '';
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'ENOENT':
      return 'it does not exist';
    case 'ENOTDIR':
      return 'it is not a folder';
    case 'EISDIR':
      return 'it is a folder';
    case 'ELOOP':
      return 'its links lead in a circle';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many files are open';
    case 'ENOSPC':
      return 'the system allows no more watched files (fs.inotify.max_user_watches)';
    default:
      return code !== '' ? code : error instanceof Error ? error.message : String(error);
  }
}

/** `ENOENT` and the like; undefined for errors that do not come from the system. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
