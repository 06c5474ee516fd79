/** One element of a list with weights, such as `text/html;level=1;q=0.5`. */
export interface WeightedItem {
  /** In lower case, without parameters. */
  value: string;
  /** From 0 (not acceptable) to 1. */
  weight: number;
}

/** Parses a list with weights (RFC 9110, sections 5.6.1 and 12.4.2). An element whose weight is malformed is left out. */
export function parseWeightedList(header: string): WeightedItem[] {
  return (header.match(elementPattern) ?? []).flatMap((element) => {
    const [value = "", ...parameters] = (element.match(partPattern) ?? []).map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice("q=".length) ?? "1";
    return value !== "" && weightPattern.test(weight) ? [{ value, weight: Number(weight) }] : [];
  });
}

/** A comma or a semicolon within a quoted string separates nothing. */
const elementPattern = /(?:[^",]|"(?:[^"\\]|\\.)*"?)+/g;
const partPattern = /(?:[^";]|"(?:[^"\\]|\\.)*"?)+/g;
const weightPattern = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;
