// Sluice from CDK: the SAM template as it is, with the built functions as assets.
//
// Build first (`cargo lambda build --release --arm64`), then `npx cdk deploy --context reports=BUCKET`.

import { fileURLToPath } from "node:url";
import { App, Stack } from "aws-cdk-lib";
import { CfnInclude } from "aws-cdk-lib/cloudformation-include";
import { Asset } from "aws-cdk-lib/aws-s3-assets";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

export class Sluice extends Stack {
  constructor(scope, id, { parameters, ...props }) {
    super(scope, id, props);
    const template = new CfnInclude(this, "Template", {
      templateFile: path("../template.yaml"),
      parameters,
      preserveLogicalIds: true,
    });
    for (const resource of template.node.findAll()) {
      if (resource.cfnResourceType !== "AWS::Serverless::Function") continue;
      const code = new Asset(resource, "Code", { path: path(`../${resource.codeUri}`) });
      resource.codeUri = { bucket: code.s3BucketName, key: code.s3ObjectKey };
    }
  }
}

const app = new App();
const reports = app.node.tryGetContext("reports");
if (!reports) throw new Error("name the report bucket: --context reports=BUCKET");
new Sluice(app, "sluice", { parameters: { ReportBucketName: reports } });
