export { t as ibmIamTokens } from "./iam-AZiTKy5-.js";
