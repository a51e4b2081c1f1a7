package import JSON

/// A function that a provider may call instead of, or before, its reply.
package struct AdvisorTool: Equatable, Sendable {
    package let name: String
    package let description: String
    /// JSON Schema of the arguments with lower-case types: every property is required and may be null, and no other is allowed.
    /// OpenAI's strict mode and Anthropic's `input_schema` take it as it is; for Gemini's OpenAPI subset an adapter writes
    /// `["number","null"]` as `NUMBER` with `nullable` and leaves `additionalProperties` out.
    package let parameters: JSONValue

    static let incomeName = "monthly_income_baht"
    static let expensesName = "monthly_expenses_baht"
    static let goalsName = "goals"

    /// What the provider understood of the person's finances; its arguments are read by `FinancialReport`.
    package static let recordProfile = AdvisorTool(
        name: "record_financial_profile",
        description: """
            Record what the user has said so far about their own finances. Call it whenever the user states or corrects \
            their income, expenses or goals. Record only what the user said; use null for everything else. Never estimate, \
            never convert a daily or weekly amount, never record another person's money or a hypothetical amount.
            """,
        parameters: [
            "type": "object",
            "properties": [
                "monthly_income_baht": [
                    "type": ["number", "null"],
                    "description":
                        "The user's own income per month in Thai baht; 0 if they have none; null if not stated.",
                ],
                "monthly_expenses_baht": [
                    "type": ["number", "null"],
                    "description": "The user's total expenses per month in Thai baht; null if not stated in total.",
                ],
                "goals": [
                    "type": ["array", "null"],
                    "items": ["type": "string"],
                    "description":
                        "All financial goals the user has named so far, short, in the user's words; null if none.",
                ],
            ],
            "required": ["monthly_income_baht", "monthly_expenses_baht", "goals"],
            "additionalProperties": false,
        ])
}
