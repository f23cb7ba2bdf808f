// Tells what the browser did with the page's own content, and what it forbade.
const violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
    violations.push({ directive: event.effectiveDirective, blocked: event.blockedURI });
});

addEventListener("load", async () => {
    const features = document.featurePolicy;
    const report = {
        inlineRan: self.inlineRan === true,
        sniffedRan: self.sniffedRan === true,
        colour: getComputedStyle(document.querySelector("p")).color,
        imageWidth: document.querySelector("img").naturalWidth,
        cookies: document.cookie,
        hasCamera: features.allowsFeature("camera"),
        hasSynchronousRequests: features.allowsFeature("sync-xhr"),
        violations,
    };
    await fetch("report", { method: "POST", body: JSON.stringify(report) });
});
