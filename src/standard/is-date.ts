/** Whether a text is a date of the calendar: YYYYMMDD, or YYYY.MM.DD as before 1993 (PS3.5 §6.2, DA). */
export function isDate(text: string): boolean {
  const [, year, , month, day] = /^(\d{4})(\.?)(\d{2})\2(\d{2})$/.exec(text) ?? [];
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.getUTCDate() === Number(day);
}
