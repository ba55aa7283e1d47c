extension StopReason {
    /// The reason to stop that a status gives, or nil where trying again later may help.
    ///
    /// - Parameter resource: what was requested, for the message.
    public init?(status: Int, problem: Problem?, of resource: XResource = .stream) {
        let said = problem.map { "X says: \($0)" } ?? "X gave no reason"
        switch status {
        case 429:
            guard problem?.isUsageCap == true else { return nil }
            let period = problem?.period.map { "\($0.lowercased()) " } ?? ""
            self.init(
                kind: .usageCap,
                message:
                    "the \(period)cap on posts is used up (429); \(said); wait for the next cycle or raise the cap in the developer console"
            )
        case 408, 499, 500...599:
            return nil
        case 401:
            self.init(
                kind: .unauthorized,
                message:
                    "the bearer token is not accepted (401); \(said); copy a valid token from the developer console"
            )
        case 402:
            self.init(
                kind: .creditsDepleted,
                message:
                    "the account has no credits left (402); \(said); buy credits in the developer console, then start again"
            )
        case 403:
            self.init(
                kind: .forbidden,
                message:
                    "the app may not \(resource.use) (403); \(said); check its access and project in the developer console"
            )
        case 409:
            self.init(
                kind: .noRules,
                message: "the stream has no rules, or they conflict (409); \(said); add some: reprise rules apply FILE"
            )
        case 200...399:
            self.init(
                kind: .wrongAddress,
                message: "X never answers so (\(status)): \(XAPIError.foreigner); \(XAPIError.foreignAdvice)"
            )
        case 404:
            self.init(
                kind: .wrongAddress,
                message: "there is no \(resource) at this address (\(status)); \(said); check X_API_URL"
            )
        default:
            self.init(
                kind: .badRequest,
                message: "the request is not accepted (\(status)); \(said)\(resource.badRequestAdvice)"
            )
        }
    }
}
